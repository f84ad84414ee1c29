package cli

import (
	"context"
	"io"
	"time"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/hook"
	"orderq/tasks"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
	"orderq/worker/plan"
	"orderq/worker/review"
)

// clerk is whom commands ask about an account: its ledger in Redis, or with --server a server that has it
// (remote.Office). Both give the same answers; what differs is who is asked, not what is shown.
type clerk interface {
	orderClerk
	batchClerk
	accountClerk
	hookClerk
	// Name is who is asked, for messages.
	Name() string
}

// orderClerk knows orders. A word is an id, a reference or the portal's order number; store.ErrNotFound where it names
// none.
type orderClerk interface {
	Order(ctx context.Context, word string) (store.Order, error)
	Orders(ctx context.Context, ids []string) ([]store.Order, error) // ids without a record are left out
	List(ctx context.Context, w office.Words, now time.Time, do func(store.Order) error) error
	History(ctx context.Context, word string) ([]store.Entry, error)
	Behind(ctx context.Context, o store.Order, most int) (ids []string, total int, err error)
	Place(ctx context.Context, in tasks.Intent) (tasks.Placed, error)
	PlaceLines(ctx context.Context, in io.Reader) <-chan *office.Intake
	Cancel(ctx context.Context, word, by, note string) (store.Order, error)
	Release(ctx context.Context, word, by, note string) (store.Order, error)
	Evidence(ctx context.Context, word string) (review.Card, error)
	Resolve(ctx context.Context, word string, d review.Decision) (store.Order, error)
}

// batchClerk knows batches, by name or id. batch.ErrNotFound where there is none.
type batchClerk interface {
	Batch(ctx context.Context, word string) (office.BatchView, error)
	Batches(ctx context.Context, limit int, do func(office.BatchView) error) error // the newest first; 0: all
	Apply(ctx context.Context, f office.File, c intake.Config) (intake.Summary, error)
	Plan(ctx context.Context, f office.File, to io.Writer, do func(plan.Row) error) (plan.Summary, error)
	Results(ctx context.Context, word string, format sheet.Format, to io.Writer) error
	CancelBatch(ctx context.Context, word, by, note string) (int, office.BatchView, error)
	ApproveBatch(ctx context.Context, word, by, note string) (office.BatchView, error)
	RetryBatch(ctx context.Context, word, by, note string) (intake.Retried, office.BatchView, error)
}

// accountClerk knows what concerns the account as a whole.
type accountClerk interface {
	Report(ctx context.Context) (office.Report, error)
	Limits(ctx context.Context) (office.Limits, error)
	SetLimits(ctx context.Context, n office.NewLimits) (woken int, err error)
	Halt(ctx context.Context) (office.Halt, error)
	HaltBy(ctx context.Context, by, note string) error
	Resume(ctx context.Context, by, note string) error
	// Workers is how many were heard lately.
	Workers(ctx context.Context) (int, error)
}

// hookClerk knows webhooks, by id. hook.ErrNotFound where there is none.
type hookClerk interface {
	Webhooks(ctx context.Context) ([]hook.Endpoint, error)
	Webhook(ctx context.Context, id string) (hook.Endpoint, error)
	AddWebhook(ctx context.Context, n office.NewWebhook) (office.SecretWebhook, error)
	ChangeWebhook(ctx context.Context, id string, n office.WebhookChange, by string) (hook.Endpoint, error)
	RemoveWebhook(ctx context.Context, id string) (hook.Endpoint, error)
	RotateWebhook(ctx context.Context, id, keep, by string) (office.SecretWebhook, error)
	TestWebhook(ctx context.Context, id string) (hook.Entry, error)
	WebhookLog(ctx context.Context, id string, limit int) ([]hook.Entry, error)
	ReplayWebhook(ctx context.Context, id, event, since, by string) (hook.Endpoint, error)
	SwitchWebhook(ctx context.Context, id string, on bool, by string) (hook.Endpoint, error)
}

// shop is whom commands ask about the portal: the portal itself, or with --server a server that asks it.
type shop interface {
	Products(ctx context.Context) ([]office.Product, error)
	Services(ctx context.Context, productNo string) ([]office.Service, error)
	Contacts(ctx context.Context) ([]office.Contact, error)
	PortalOrders(ctx context.Context, limit int) ([]office.PortalOrder, error) // 0: all
	// Rehearse says what an intent would send. A *resolve.Refusal where it would be rejected.
	Rehearse(ctx context.Context, in tasks.Intent) (office.Rehearsal, error)
	// RehearseLines does for each line of a file; an error of do ends it.
	RehearseLines(ctx context.Context, in io.Reader, do func(n int, r office.Rehearsal, err error) error) error
}
