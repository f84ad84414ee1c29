package plan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/tasks/sheet"
	"orderq/worker/plan"
	"orderq/worker/resolve"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a portal and a Redis with what reads them.
type desk struct {
	t      *testing.T
	room   *storetest.Room
	portal *yeastartest.Server

	contact string // the default
}

func newDesk(t *testing.T, o yeastartest.Options) *desk {
	t.Helper()
	d := &desk{t: t, room: storetest.Embedded(t), portal: yeastartest.Start(o), contact: "billing@example.com"}
	t.Cleanup(d.portal.Close)
	return d
}

// resolver is one that has read nothing yet.
func (d *desk) resolver() *resolve.Resolver {
	d.t.Helper()
	c, err := yeastar.New(yeastar.Config{BaseURL: d.portal.URL(), ClientID: d.portal.ClientID(), ClientSecret: yeastar.Secret(d.portal.ClientSecret())})
	d.must(err)
	d.t.Cleanup(c.Close)
	return resolve.New(resolve.Config{Client: c, DefaultContact: d.contact})
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// plan plans a file, and gives its rows, the plan's file and what it comes to.
func (d *desk) plan(file string) (rows []plan.Row, out []byte, s plan.Summary) {
	d.t.Helper()
	r, err := sheet.NewReader(strings.NewReader(file), sheet.Options{Batch: "nov"})
	d.must(err)
	var b bytes.Buffer
	w, err := plan.NewWriter(&b, plan.Head{Name: "nov", Account: "default", Portal: d.portal.URL(), Format: r.Format(), Columns: r.Columns()})
	d.must(err)
	p := plan.NewPlanner("nov", d.room.Store, d.resolver())
	d.must(p.All(d.t.Context(), r, func(row plan.Row) error {
		rows = append(rows, row)
		return w.Write(row)
	}))
	s = p.Summary()
	s.Hash, err = w.Close(s)
	d.must(err)
	return rows, b.Bytes(), s
}

// applied are a plan's rows as an apply sees them: "1 ok", or with why not.
func (d *desk) applied(file []byte) []string {
	d.t.Helper()
	_, s, err := plan.Verify(bytes.NewReader(file))
	d.must(err)
	r, err := plan.NewReader(d.t.Context(), bytes.NewReader(file), s.Hash, d.resolver(), d.room.Store)
	d.must(err)
	var all []string
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		d.must(err)
		text := "ok " + row.Intent.Reference
		if row.Invalid != nil {
			text = row.Invalid.Error()
		}
		all = append(all, fmt.Sprint(row.N, " ", text))
	}
}

func TestAPlanSaysForEachRowWhatWouldBeOrderedOrWhyNot(t *testing.T) {
	t.Parallel()
	d := newDesk(t, yeastartest.Options{})
	there := tasks.Intent{Reference: "crm-1", Kind: "add_recording_minutes", ProductNo: yeastartest.TutorialExpandPBX, Quantity: 5}.Normalise()
	_, _, err := d.room.Store.Accept(t.Context(), tasks.NewOrder(there, tasks.QueueOrders))
	d.must(err)
	rows, _, s := d.plan("Ref,SN,Kind,Qty\n" +
		"," + yeastartest.TutorialExpandPBX + ",add_recording_minutes,1000\n" +
		"," + yeastartest.TutorialExpandPBX + ",add_recording_minutes,1000\n" +
		",3658B431119665QX,add_recording_minutes,1000\n" +
		"," + yeastartest.TutorialExpandPBX + ",expand_extensions,none\n" +
		"crm-1," + yeastartest.TutorialExpandPBX + ",add_recording_minutes,5\n" +
		"crm-1b," + yeastartest.TutorialExpandPBX + ",expand_extensions,7\n" +
		"crm-9," + yeastartest.TutorialExpandPBX + ",add_recording_minutes,5\n")
	for i, want := range []string{"new", "new 1", "refused", "invalid", "ordered", "new", "new like " + there.ID()} {
		got := rows[i].State
		if rows[i].Alike != "" {
			got += " like " + rows[i].Alike
		}
		if rows[i].Twin > 0 {
			got += fmt.Sprint(" ", rows[i].Twin)
		}
		if got != want {
			t.Errorf("row %d: %s (%s), want %s", i+1, got, rows[i].Reason, want)
		}
	}
	o := rows[0].Order
	if o.Plan != "Enterprise Plan" || o.PlanID != "3048571730026938368" || o.BillingCycle != "annually" || o.Quantity != 1000 || o.ContactID == "" || o.ServiceID == "" {
		t.Errorf("%+v", o)
	}
	want := []plan.Total{{Kind: "add_recording_minutes", Orders: 3, Quantity: 2005}, {Kind: "expand_extensions", Orders: 1, Quantity: 7}}
	if fmt.Sprint(s.Totals) != fmt.Sprint(want) || s.Rows != 7 || s.Twins != 1 || s.Alike != 2 || s.States["new"] != 4 || s.Prices != "not shown" {
		t.Errorf("%+v", s)
	}
	if len(d.portal.Ledger().Orders) != 0 {
		t.Error("a plan has ordered")
	}
	if counts, err := d.room.Store.Counts(t.Context()); err != nil || counts["held"]+counts["accepted"] != 1 {
		t.Errorf("a plan has written: %v, %v", counts, err)
	}
}

func TestAReferenceOfAnotherIntentIsAConflict(t *testing.T) {
	t.Parallel()
	d := newDesk(t, yeastartest.Options{})
	there := tasks.Intent{Reference: "crm-1", Kind: "add_recording_minutes", ProductNo: yeastartest.TutorialExpandPBX, Quantity: 5}.Normalise()
	_, _, err := d.room.Store.Accept(t.Context(), tasks.NewOrder(there, tasks.QueueOrders))
	d.must(err)
	rows, _, _ := d.plan("Ref,SN,Kind,Qty\ncrm-1," + yeastartest.TutorialExpandPBX + ",add_recording_minutes,6\n")
	if rows[0].State != plan.Conflict || !strings.Contains(rows[0].Reason, "quantity 5 there, 6 here") {
		t.Errorf("%+v", rows[0])
	}
}

// many is a file of n rows over the portal's PBXs.
func (d *desk) many(n int) string {
	var b strings.Builder
	b.WriteString("SN,Kind,Qty\n")
	pbxs := d.portal.PBXs()
	for i := range n {
		fmt.Fprintf(&b, "%s,add_recording_minutes,%d\n", pbxs[i%len(pbxs)].ProductNo, 100+i/len(pbxs))
	}
	return b.String()
}

// The PBX list, plans and services, contacts, and a token: whatever the number of rows.
func TestTenThousandRowsAreResolvedByAFewReads(t *testing.T) {
	t.Parallel()
	const pbxs, rows = 2000, 10_000
	d := newDesk(t, yeastartest.Options{PBXs: pbxs})
	_, _, s := d.plan(d.many(rows))
	calls := 0
	for name, n := range d.portal.Ledger().Calls {
		t.Log(name, n)
		calls += n
	}
	if pages := (len(d.portal.PBXs()) + 99) / 100; s.States["new"] != rows || calls > 3+pages {
		t.Errorf("%d calls for %d pages, %+v", calls, pages, s)
	}
}

func TestAPlanIsAppliedAsItIsAndStopsWhereTheWorldHasChanged(t *testing.T) {
	t.Parallel()
	d := newDesk(t, yeastartest.Options{PBXs: 10})
	_, file, _ := d.plan(d.many(3) + "3658XX,add_recording_minutes,x\n")
	got := d.applied(file)
	for i, want := range []string{"1 ok nov/", "2 ok nov/", "3 ok nov/", "4 not in the plan, invalid: "} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("%q, want %q", got[i], want)
		}
	}
	// Somebody has ordered extensions by hand since, and there is no room for more.
	pbx := d.portal.PBXs()[2].ProductNo
	_, file, _ = d.plan("SN,Kind,Qty\n" + pbx + ",expand_extensions,300\n")
	d.portal.Place(pbx, yeastartest.ExtensionsID, 300, "")
	if got = d.applied(file); !strings.Contains(got[0], "changed since it was planned: quantity 300") {
		t.Errorf("%q", got)
	}
	// The default contact is another by now.
	_, file, _ = d.plan(d.many(1))
	d.contact = "accounts@example.com"
	if got = d.applied(file); !strings.Contains(got[0], "changed since it was planned: billingId was") {
		t.Errorf("%q", got)
	}
}

// What its own orders have changed is no reason to take them for invalid: a plan may have been cut off in the middle.
func TestAPlanAppliedAgainKnowsItsOrders(t *testing.T) {
	t.Parallel()
	d := newDesk(t, yeastartest.Options{PBXs: 10, Extensions: func(string, int) int { return 40 }})
	pbxs := d.portal.PBXs()
	rows, file, _ := d.plan("SN,Kind,Qty,Bring to\n" +
		pbxs[0].ProductNo + ",expand_extensions,300,\n" +
		pbxs[1].ProductNo + ",expand_extensions,,50\n" +
		pbxs[2].ProductNo + ",expand_extensions,300,\n")
	for i, in := range []tasks.Intent{{ProductNo: pbxs[0].ProductNo, Quantity: 300}, {ProductNo: pbxs[1].ProductNo, Ensure: 50}} {
		in.Kind, in.Reference = "expand_extensions", rows[i].Reference
		_, _, err := d.room.Store.Accept(t.Context(), tasks.NewOrder(in.Normalise(), tasks.QueueBulk))
		d.must(err)
	}
	for i, n := range []int{300, 10, 300} {
		d.portal.Place(pbxs[i].ProductNo, yeastartest.ExtensionsID, n, "")
	}
	got := d.applied(file)
	for i, want := range []string{"1 ok " + rows[0].Reference, "2 ok " + rows[1].Reference, "3 changed since it was planned"} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("%q, want %q", got[i], want)
		}
	}
}

func TestAPlanThatWasTouchedIsNotApplied(t *testing.T) {
	t.Parallel()
	d := newDesk(t, yeastartest.Options{PBXs: 10})
	_, file, s := d.plan(d.many(3))
	if h, sum, err := plan.Verify(bytes.NewReader(file)); err != nil || sum.Hash != s.Hash || h.Name != "nov" || sum.Rows != 3 {
		t.Fatalf("%+v, %+v, %v", h, sum, err)
	}
	for name, touched := range map[string][]byte{
		"changed":   bytes.Replace(file, []byte(`"quantity":100`), []byte(`"quantity":900`), 1),
		"cut off":   file[:len(file)/2],
		"row taken": append(bytes.Join(bytes.SplitAfter(file, []byte("\n"))[:2], nil), bytes.Join(bytes.SplitAfter(file, []byte("\n"))[3:], nil)...),
	} {
		if _, _, err := plan.Verify(bytes.NewReader(touched)); err == nil || !strings.Contains(err.Error(), "plan the file anew") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, none := range []string{"", "SN,Qty\n1,2\n", `{"productNo":"x"}`} {
		if _, _, err := plan.Verify(strings.NewReader(none)); !errors.Is(err, plan.ErrNoPlan) {
			t.Errorf("%q: %v", none, err)
		}
	}
	if _, _, err := plan.Verify(strings.NewReader(`{"orderq":"plan","version":9}` + "\n")); err == nil || !strings.Contains(err.Error(), "version 9") {
		t.Errorf("%v", err)
	}
}

func TestAPortalThatFailsMakesNoPlan(t *testing.T) {
	t.Parallel()
	d := newDesk(t, yeastartest.Options{PBXs: 10})
	d.portal.Down(true)
	r, err := sheet.NewReader(strings.NewReader(d.many(3)), sheet.Options{Batch: "nov"})
	d.must(err)
	p := plan.NewPlanner("nov", d.room.Store, d.resolver())
	var failed *yeastar.Error
	if err := p.All(context.WithoutCancel(t.Context()), r, func(plan.Row) error { return nil }); !errors.As(err, &failed) || !strings.Contains(err.Error(), "row 1 (line 2)") {
		t.Errorf("%v", err)
	}
}

func TestAPlanSaysWhatAnEnsureLacksAndHoldsItToThat(t *testing.T) {
	t.Parallel()
	d := newDesk(t, yeastartest.Options{Extensions: func(string, int) int { return 40 }})
	pbxs := d.portal.PBXs()
	rows, file, s := d.plan("SN,Kind,Bring to\n" +
		pbxs[0].ProductNo + ",expand_extensions,50\n" +
		pbxs[1].ProductNo + ",expand_extensions,40\n" +
		pbxs[2].ProductNo + ",expand_extensions,45\n")
	if o := rows[0].Order; rows[0].State != plan.New || o.Quantity != 10 || o.Ensure != 50 || o.Extensions != 40 {
		t.Errorf("%+v, %+v", rows[0], o)
	}
	if rows[1].State != plan.Satisfied || rows[1].Order != nil || !strings.Contains(rows[1].Reason, "has 40 extensions: nothing to order") {
		t.Errorf("%+v", rows[1])
	}
	if s.Totals[0].Orders != 2 || s.Totals[0].Quantity != 15 || s.States[plan.Satisfied] != 1 {
		t.Errorf("%+v", s)
	}
	d.portal.Place(pbxs[2].ProductNo, yeastartest.ExtensionsID, 3, "")
	got := d.applied(file)
	for i, want := range []string{"1 ok ", "2 ok ", `3 changed since it was planned: quantity was "5" and is "2"`} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("%q, want %q", got[i], want)
		}
	}
	d.portal.Place(pbxs[2].ProductNo, yeastartest.ExtensionsID, 2, "")
	if got := d.applied(file); !strings.Contains(got[2], "has 45 extensions: nothing to order; plan the file anew") {
		t.Errorf("%q", got[2])
	}
}

// Extensions can be taken away; then there is something to order, and nobody has seen that in the plan.
func TestAPlanThatHadNothingToOrderForAPBXOrdersNothingForIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, yeastartest.Options{Extensions: func(string, int) int { return 40 }})
	made := d.portal.Place(yeastartest.TutorialExpandPBX, yeastartest.ExtensionsID, 10, "")
	_, file, _ := d.plan("SN,Kind,Bring to\n" + yeastartest.TutorialExpandPBX + ",expand_extensions,50\n")
	d.portal.SetStatus(made.OrderNo, yeastar.StatusRefunded)
	if got := d.applied(file); !strings.Contains(got[0], "changed since it was planned: there was nothing to order, and now 10 are missing") {
		t.Errorf("%q", got[0])
	}
}
