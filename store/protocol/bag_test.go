package protocol

import "hash/maphash"

// bag holds different states in the order in which they came. It is a map that keeps its keys once: they are
// what an exploration fills the memory with.
type bag[S comparable] struct {
	all   []S
	slots []int32 // indexes into all, plus one; 0: free. A state lies at its hash or in the next free slot
	seed  maphash.Seed
}

func newBag[S comparable](first S) *bag[S] {
	b := &bag[S]{slots: make([]int32, 1024), seed: maphash.MakeSeed()}
	b.add(first)
	return b
}

// add says whether s is new.
func (b *bag[S]) add(s S) bool {
	i := b.slot(s)
	if b.slots[i] != 0 {
		return false
	}
	b.all = append(b.all, s)
	b.slots[i] = int32(len(b.all))
	if 2*len(b.all) > len(b.slots) {
		b.slots = make([]int32, 2*len(b.slots))
		for n, s := range b.all {
			b.slots[b.slot(s)] = int32(n + 1)
		}
	}
	return true
}

// slot is where s is, or belongs.
func (b *bag[S]) slot(s S) int {
	last := len(b.slots) - 1
	i := int(maphash.Comparable(b.seed, s)) & last
	for b.slots[i] != 0 && b.all[b.slots[i]-1] != s {
		i = (i + 1) & last
	}
	return i
}
