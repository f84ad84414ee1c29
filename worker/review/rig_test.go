package review_test

import (
	"encoding/json"
	"testing"
	"time"

	"go.uber.org/goleak"

	"orderq/store"
	"orderq/store/journal"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/worker/review"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const pbx = yeastartest.TutorialExpandPBX

// rig is a ledger, a simulated portal, and a reviewer between them.
type rig struct {
	t      *testing.T
	room   *storetest.Room
	portal *yeastartest.Server
	client *yeastar.Client
	dir    string
	cfg    review.Config
	heard  func(yeastar.Call) // told of each call that ended; nil: nobody is
}

func newRig(t *testing.T, o yeastartest.Options) *rig {
	t.Helper()
	g := &rig{t: t, room: storetest.Best(t), portal: yeastartest.Start(o), dir: t.TempDir()}
	t.Cleanup(g.portal.Close)
	watch := &review.Clock{}
	client, err := yeastar.New(yeastar.Config{
		BaseURL: g.portal.URL(), ClientID: g.portal.ClientID(), ClientSecret: yeastar.Secret(g.portal.ClientSecret()),
		CallTimeout: 20 * time.Second, Observe: func(c yeastar.Call, a yeastar.Answer, took time.Duration) {
			watch.Observe(c, a, took)
			if g.heard != nil {
				g.heard(c)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	g.client = client
	g.cfg = review.Config{Store: g.room.Store, Fleet: g.room.Fleet, Portal: client, Clock: watch, Journal: g.dir, Settle: 1}
	return g
}

func (g *rig) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// mark reads the ends of the portal's list as a worker does before it sends.
func (g *rig) mark() int64 {
	g.t.Helper()
	p, err := g.client.OrderPage(g.t.Context(), 1, 100)
	g.must(err)
	last, err := g.client.OrderPage(g.t.Context(), max(p.TotalPage, 1), 100)
	g.must(err)
	m := store.Mark{At: time.Now().UTC(), Total: p.Total}
	for _, row := range append(p.Rows, last.Rows...) {
		m.IDs = append(m.IDs, row.ID)
	}
	m, err = g.room.Store.SetMark(g.t.Context(), m, 0)
	g.must(err)
	return m.Number
}

// accepted is a new order for seven recording minutes.
func (g *rig) accepted(reference, productNo string) store.Order {
	g.t.Helper()
	n := tasks.NewOrder(tasks.Intent{Reference: reference, Kind: "add_recording_minutes", ProductNo: productNo, Quantity: 7, AllowDuplicate: true}.Normalise(), tasks.QueueOrders)
	o, _, err := g.room.Store.Accept(g.t.Context(), n)
	g.must(err)
	return o
}

func (g *rig) taken(o store.Order) store.Order {
	g.t.Helper()
	o, mine, err := g.room.Store.Take(g.t.Context(), o.ID, store.Delivery{Worker: "w", Nonce: "take-" + o.ID, Silence: time.Hour, Within: time.Minute})
	g.must(err)
	if !mine {
		g.t.Fatalf("order %s cannot be taken: it is %s", o.ID, o.State)
	}
	return o
}

// submitted passes the gate as an attempt of that sender's, to be over at once.
func (g *rig) submitted(o store.Order, sender string) store.Order {
	g.t.Helper()
	o = g.taken(o)
	kind, _ := tasks.KindOf(o.Kind)
	n := o.Attempt + 1
	body, err := json.Marshal(yeastar.OrderRequest{
		OperationType: kind.OperationType, ProductID: kind.ProductID, ProductNo: o.ProductNo, BillingID: yeastartest.BillingContact,
		PONumber: tasks.SentPONumber(o.ID, n, ""),
		ServiceList: []yeastar.ServiceLine{{ConnectionPlanID: yeastartest.EnterprisePlan, ServiceType: kind.ServiceType,
			ServiceID: yeastartest.RecordingID, Quantity: o.Quantity, PurchaseType: kind.PurchaseType, BillingModel: kind.BillingModel, BillingCycle: "annually"}},
	})
	g.must(err)
	p, err := g.room.Store.Gate(g.t.Context(), o, store.Submission{
		Nonce: tasks.AttemptReference(o.ID, n), Sender: sender, Reference: tasks.AttemptReference(o.ID, n), PONumber: tasks.SentPONumber(o.ID, n, ""),
		Body: body, Resolved: o, Watermark: g.mark(),
	})
	g.must(err)
	if !p.Through {
		g.t.Fatalf("the gate refuses %s: %+v", o.ID, p)
	}
	return p.Order
}

// lost brings a submitted order to review.
func (g *rig) lost(o store.Order) store.Order {
	g.t.Helper()
	o, err := g.room.Store.Doubt(g.t.Context(), o, "no answer within 1s", "unknown (timeout)", time.Hour)
	g.must(err)
	o, err = g.room.Store.Review(g.t.Context(), o, "cannot tell")
	g.must(err)
	return o
}

// finished is the name of a journal whose process is gone.
func (g *rig) finished() string {
	g.t.Helper()
	j := g.open()
	g.must(j.Close())
	return j.Name()
}

func (g *rig) open() *journal.Journal {
	g.t.Helper()
	j, err := journal.Open(g.dir, journal.Header{Ledger: "l", BaseURL: g.portal.URL(), Client: journal.HashClient("c"), Account: "default"})
	g.must(err)
	return j
}

// sentHere is an order in review whose attempt stands in a journal of this host, without an outcome: its
// process runs.
func (g *rig) sentHere(reference, productNo string) (store.Order, *journal.Journal) {
	g.t.Helper()
	j := g.open()
	o := g.submitted(g.accepted(reference, productNo), j.Name())
	e := o.Evidence
	g.must(j.Begin(g.t.Context(), journal.Attempt{Order: o.ID, Account: "default", Reference: e.Reference, Nonce: e.Nonce, N: 1, Body: e.Body}))
	return g.lost(o), j
}

func outcome(o store.Order, result, orderNo string) journal.Outcome {
	return journal.Outcome{Reference: o.ID + "-1", Result: result, OrderNo: orderNo}
}

// inReview is an order in review whose sender is proved finished.
func (g *rig) inReview(reference string) store.Order {
	g.t.Helper()
	return g.lost(g.submitted(g.accepted(reference, pbx), g.finished()))
}

// place makes a portal order like ours, by hand.
func (g *rig) place(poNumber string) yeastartest.LedgerOrder {
	return g.portal.Place(pbx, yeastartest.RecordingID, 7, poNumber)
}

func (g *rig) card(o store.Order) review.Card {
	g.t.Helper()
	c, err := review.New(g.cfg).Card(g.t.Context(), o)
	g.must(err)
	return c
}

func (g *rig) decide(o store.Order, d review.Decision) (store.Order, error) {
	g.t.Helper()
	d.By, d.Note = "anna", "so it is"
	return review.New(g.cfg).Decide(g.t.Context(), o, d)
}

// last is the newest entry of an order's history.
func (g *rig) last(id string) store.Entry {
	g.t.Helper()
	h, err := g.room.Store.History(g.t.Context(), id)
	g.must(err)
	return h[len(h)-1]
}
