package resolve

import "sync"

// tally remembers what this process has resolved for a PBX since its extensions were last read: the
// portal's number in the cache does not have it yet. It only ever makes us read again, so too much in it
// (dry runs, orders that were then cancelled) costs a call and refuses nothing.
type tally struct {
	mu  sync.Mutex
	pbx map[string][]increment
}

type increment struct {
	seq   uint64
	count int
}

// maxIncrements bounds the memory per PBX. Older ones are merged into a later one, which errs towards
// reading again.
const maxIncrements = 32

func (t *tally) add(productNo string, seq uint64, count int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pbx == nil {
		t.pbx = map[string][]increment{}
	}
	list := append(t.pbx[productNo], increment{seq, count})
	if len(list) > maxIncrements {
		list[1].count += list[0].count
		list = list[1:]
	}
	t.pbx[productNo] = list
}

// since is how many extensions were resolved after the reading.
func (t *tally) since(productNo string, seq uint64) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := 0
	for _, i := range t.pbx[productNo] {
		if i.seq > seq {
			sum += i.count
		}
	}
	return sum
}

func (t *tally) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pbx = nil
}
