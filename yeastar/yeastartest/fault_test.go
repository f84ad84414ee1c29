package yeastartest

import (
	"maps"
	"math"
	"strings"
	"testing"
)

func TestFaultsAreReadFromText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Faults{
		"":                               {},
		"drop_after:0.1":                 {DropAfter: 0.1},
		"drop_after:0.1,500_before:0.05": {DropAfter: 0.1, Error500Before: 0.05},
		" 401:0.5 , 429:0.5, ":           {Denied401: 0.5, TooMany429: 0.5},
		"late_commit:1":                  {LateCommit: 1},
	} {
		if got, err := ParseFaults(text); err != nil || !maps.Equal(got, want) {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}

func TestAWrongFaultTextSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"drop_sometimes:0.1":             `unknown fault "drop_sometimes": use one of`,
		"drop_after":                     `fault drop_after: probability "" is not a number`,
		"drop_after:often":               `probability "often"`,
		"drop_after:1.5":                 "from 0 to 1",
		"drop_after:-1":                  "from 0 to 1",
		"drop_after:NaN":                 "from 0 to 1",
		"drop_after:0.6,hang_before:0.6": "add up to 1.2",
		"drop_after:0.1,drop_after:0.1":  "given twice",
	} {
		if _, err := ParseFaults(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	_, err := ParseFaults("x:1")
	for _, name := range FaultNames() {
		if !strings.Contains(err.Error(), string(name)) {
			t.Errorf("the error does not list %s", name)
		}
	}
}

func TestEveryFaultOfTheContractIsThere(t *testing.T) {
	t.Parallel()
	const contract = "drop_before drop_after 500_before 500_after 502_before 504_after garbage_after half_after hang_before hang_after nonumber_after 401 403 429"
	for name := range strings.FieldsSeq(contract) {
		if err := Fault(name).check(); err != nil {
			t.Error(err)
		}
	}
	for name, c := range conducts() {
		if strings.HasSuffix(string(name), "_after") != (c.commits && name != LateCommit) {
			t.Errorf("%s commits: %v, its name says otherwise", name, c.commits)
		}
	}
}

func TestTheSeedDecidesEachRequestsFate(t *testing.T) {
	t.Parallel()
	fates := func(seed int64, keys ...string) map[string]Fault {
		s := New(Options{Seed: seed, Faults: Faults{DropAfter: 0.3, Error500Before: 0.3, TooMany429: 0.3}})
		got := map[string]Fault{}
		for _, key := range keys {
			got[key] = s.throw(key, 1)
		}
		return got
	}
	forth := fates(1, "a", "b", "c", "d", "e", "f", "g", "h")
	if back := fates(1, "h", "g", "f", "e", "d", "c", "b", "a"); !maps.Equal(forth, back) {
		t.Errorf("the fate depends on who came first: %v, %v", forth, back)
	}
	if other := fates(2, "a", "b", "c", "d", "e", "f", "g", "h"); maps.Equal(forth, other) {
		t.Errorf("another seed, the same fate: %v", other)
	}
}

func TestFaultsStrikeAsOftenAsAsked(t *testing.T) {
	t.Parallel()
	const n = 20_000
	want := Faults{DropAfter: 0.1, Error500Before: 0.05, TooMany429: 0.02}
	s := New(Options{Seed: 5, Faults: want})
	got := map[Fault]int{}
	for i := range n {
		got[s.throw("oq", i)]++
	}
	for f, p := range want {
		if share := float64(got[f]) / n; math.Abs(share-p) > 0.01 {
			t.Errorf("%s: %.3f of all requests, want %.3f", f, share, p)
		}
	}
}

func TestRandomFaultsSpareReadsExceptForTwo(t *testing.T) {
	t.Parallel()
	for f, strikes := range map[Fault]bool{Denied401: true, TooMany429: true, Denied403: false, Error500Before: false, DropBefore: false} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			p := open(t, Options{Faults: Faults{f: 1}}) // its token call goes through
			if a := p.get(listPath); (a.status != 200) != strikes {
				t.Errorf("order list: got %d", a.status)
			}
			if a, err := p.save(minutes("x")); err == nil && a.status == 200 {
				t.Errorf("create order: got %s", a.body)
			}
			p.SetFaults(nil)
			decode[orderJSON](t, p.mustSave(minutes("y")))
		})
	}
}

func TestCommandsBeatChanceAndOnesPBXBeatsAll(t *testing.T) {
	t.Parallel()
	p := open(t, Options{Faults: Faults{Denied403: 1}})
	p.Fail(Error500Before, 1)
	p.Fail(Error502Before, 2)
	p.FailOn(TutorialHAPBX, Error504Before, 1)
	var got []int
	for _, productNo := range []string{TutorialHAPBX, TutorialExpandPBX, TutorialHAPBX, TutorialExpandPBX, TutorialExpandPBX} {
		got = append(got, p.mustSave(order("x", productNo, RecordingID.String(), 1)).status)
	}
	want := []int{504, 500, 502, 502, 403}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestAFaultForeverEndsWithHeal(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.Fail(Error500Before, -1)
	p.Fail(DropAfter, 0) // none at all
	p.FailReads(Error503Before, -1)
	for range 5 {
		if a := p.mustSave(minutes("x")); a.status != 500 {
			t.Errorf("got %d", a.status)
		}
		if a := p.get(listPath); a.status != 503 {
			t.Errorf("read: got %d", a.status)
		}
	}
	p.Heal()
	decode[orderJSON](t, p.mustSave(minutes("x")))
	decode[listJSON](t, p.get(listPath))
}

func TestARefusalDoesNotUseUpAFaultThatNeedsAnOrder(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.Fail(DropAfter, 1)
	if a := p.mustSave(order("bad", TutorialExpandPBX, RecordingID.String(), 0)); a.status != 400 {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if _, err := p.save(minutes("good")); err == nil {
		t.Error("the fault is gone")
	}
	if l := p.Ledger().Committed("good"); len(l) != 1 || l[0].Fault != DropAfter {
		t.Errorf("got %+v", l)
	}
}

func TestFaultsCanBeForOneKindOfCall(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.FailCalls(CallOrders, Error500Before, 1)
	p.FailCalls(CallToken, Error503Before, 1)
	if a := p.get(productListPath); a.status != 200 {
		t.Errorf("product list: got %d", a.status)
	}
	if a := p.get(listPath); a.status != 500 {
		t.Errorf("order list: got %d", a.status)
	}
	if a := p.grant(credentials("sim-client", "sim-secret")); a.status != 503 {
		t.Errorf("token: got %d", a.status)
	}
	p.FailReads(Error500Before, 1)
	decode[tokenJSON](t, p.grant(credentials("sim-client", "sim-secret"))) // is no read
	if a := p.get(listPath); a.status != 500 {
		t.Errorf("order list: got %d", a.status)
	}
}
