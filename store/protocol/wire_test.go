package protocol

// requests are those on their way to the portal, in the order in which they left, as the models of the drafts
// count them: each by its host and its attempt.
type requests struct {
	n   uint8
	all [4]struct{ host, attempt uint8 }
}

func (r requests) with(host int, attempt uint8) requests {
	r.all[r.n] = struct{ host, attempt uint8 }{uint8(host), attempt}
	r.n++
	return r
}

func (r requests) without(i int) requests {
	copy(r.all[i:], r.all[i+1:])
	r.n--
	r.all[r.n] = struct{ host, attempt uint8 }{}
	return r
}

// attempts is a set of numbers of attempts.
type attempts uint8

func (a attempts) with(n uint8) attempts  { return a | 1<<n }
func (a attempts) has(n uint8) bool       { return a&(1<<n) != 0 }
func (a attempts) newerThan(n uint8) bool { return a>>(n+1) != 0 }

// less is one less, and not below zero.
func less(n uint8) uint8 { return max(n, 1) - 1 }
