package yeastartest

import (
	"fmt"
	"testing"
)

// numbersOn reads a page.
func (p *portal) numbersOn(pageNo int) (orderNos []string, total int) {
	p.t.Helper()
	l := decode[listJSON](p.t, p.get(fmt.Sprintf("%s?pageSize=20&pageNo=%d", listPath, pageNo)))
	for _, row := range l.Results {
		orderNos = append(orderNos, row.OrderNo)
	}
	return orderNos, l.Total
}

func TestSomebodyOrdersWhileAClientTurnsThePages(t *testing.T) {
	t.Parallel()
	p := open(t, Options{PageShift: 1})
	p.mustSave(minutes("ours"))
	first, total := p.numbersOn(1)
	second, grown := p.numbersOn(2)
	if total != 61 || grown != 62 || second[0] != first[19] {
		t.Errorf("%d rows, then %d; page 2 begins with %s, page 1 ended with %s", total, grown, second[0], first[19])
	}
	if _, again := p.numbersOn(1); again != 62 {
		t.Errorf("page 1 alone: %d rows", again)
	}
	l := p.Ledger()
	if len(l.Orders) != 2 || !l.Orders[1].ByHand || l.Orders[1].ProductNo == TutorialExpandPBX {
		t.Errorf("got %+v", l.Orders)
	}
	p.SetPageShift(0)
	if _, after := p.numbersOn(2); after != 62 {
		t.Errorf("with a share of 0: %d rows", after)
	}
}

func TestAShareOfThePageTurnsShiftsBySeed(t *testing.T) {
	t.Parallel()
	shifts := func(seed int64) (at string) {
		p := open(t, Options{Seed: seed, PageShift: 0.5})
		_, before := p.numbersOn(1)
		for range 24 {
			_, now := p.numbersOn(2)
			at += fmt.Sprint(now - before)
			before = now
		}
		return at
	}
	one := shifts(1)
	if one != shifts(1) || one == shifts(2) {
		t.Errorf("seed 1: %s and %s, seed 2: %s", one, shifts(1), shifts(2))
	}
	if n := len(open(t, Options{}).Ledger().Orders); n != 0 {
		t.Errorf("%d orders without the option", n)
	}
}

func TestWhoShiftsPagesKeepsOffPBXsThatAClientOrderedFor(t *testing.T) {
	t.Parallel()
	p := open(t, Options{PBXs: 5, PageShift: 1})
	for _, pbx := range p.PBXs()[:4] {
		p.Fail(DropBefore, 1) // wanted, whether an order came of it or not
		p.save(order("x", pbx.ProductNo, RecordingID.String(), 1))
		p.http.CloseIdleConnections()
	}
	for range 10 {
		p.numbersOn(2)
	}
	for _, o := range p.Ledger().Orders {
		if o.ProductNo != p.PBXs()[4].ProductNo {
			t.Errorf("an order for %s", o.ProductNo)
		}
	}
	p.save(order("x", p.PBXs()[4].ProductNo, RecordingID.String(), 1))
	before := len(p.Ledger().Orders)
	p.numbersOn(2)
	if n := len(p.Ledger().Orders); n != before+1 {
		t.Errorf("%d orders when every PBX is wanted, want %d", n, before+1)
	}
}

func TestARowCanBeListedTwice(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64][2]int{1: {61, 61}, 0.5: {15, 45}} {
		p := open(t, Options{ListTwice: share})
		made := decode[orderJSON](t, p.mustSave(minutes("x")))
		rows, twice, total := map[string]int{}, 0, 0
		for page := 1; ; page++ {
			numbers, n := p.numbersOn(page)
			total = n
			if len(numbers) == 0 {
				break
			}
			for _, no := range numbers {
				if rows[no]++; rows[no] == 2 {
					twice++
				}
			}
		}
		if len(rows) != 61 || twice < want[0] || twice > want[1] || total != 61+twice || rows[made.OrderNo] == 0 {
			t.Errorf("share %v: %d orders, %d of them twice, %d rows", share, len(rows), twice, total)
		}
		if _, again := p.numbersOn(1); again != total {
			t.Errorf("share %v: %d rows, then %d", share, total, again)
		}
		p.SetListTwice(0)
		if _, n := p.numbersOn(1); n != 61 {
			t.Errorf("after SetListTwice: %d rows", n)
		}
	}
}
