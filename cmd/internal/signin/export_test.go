package signin

// Addresses is how many are told apart.
func Addresses(g *Guesses) int { return len(g.by) }
