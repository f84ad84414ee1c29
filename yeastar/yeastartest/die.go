package yeastartest

// die is the only source of chance: a hash of the seed, a key and a count. A sequence of random numbers
// would hand each request a fate that depends on who came first; a hash gives the n-th request with a
// poNumber the same fate in every run, however many workers race.
type die uint64

// roll gives 64 evenly spread bits for the n-th event of key.
func (d die) roll(key string, n int) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	return mix(uint64(d) ^ mix(h+uint64(n)*0x9e3779b97f4a7c15))
}

// unit gives a number in [0,1).
func (d die) unit(key string, n int) float64 {
	return float64(d.roll(key, n)>>11) / (1 << 53)
}

// mix is the finalizer of splitmix64: every bit of x moves half of the bits of the result.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
