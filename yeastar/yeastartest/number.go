package yeastartest

import (
	"strconv"
	"time"
)

// numberEpoch is where the portal's order numbers count their milliseconds from: the two sample orders
// bound it to 2000-11-27 01:11:35 to 01:16:22 UTC.
var numberEpoch = time.Date(2000, 11, 27, 1, 14, 0, 0, time.UTC)

// numbers gives out Snowflake-like numbers: 19 digits, milliseconds above 22 low bits, strictly rising, so
// that none comes twice even when the clock stands still or goes back.
type numbers struct {
	die   die
	drawn int
	last  int64
}

func (g *numbers) next(at time.Time) int64 {
	g.drawn++
	n := at.Sub(numberEpoch).Milliseconds()<<22 | int64(g.die.roll("number", g.drawn)&(1<<22-1))
	n = max(n, 1e18, g.last+1) // a clock before the year 2008 would give fewer digits than the portal does
	g.last = n
	return n
}

// order gives an order or transaction number: two capital letters and 19 digits.
func (g *numbers) order(at time.Time) string {
	n := g.next(at)
	bits := g.die.roll("letters", g.drawn)
	b := make([]byte, 0, 21)
	b = append(b, 'A'+byte(bits%26), 'A'+byte(bits>>8%26))
	return string(strconv.AppendInt(b, n, 10))
}

// id gives a plain number, as text.
func (g *numbers) id(at time.Time) string { return strconv.FormatInt(g.next(at), 10) }
