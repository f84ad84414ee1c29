package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/config"
	"orderq/tasks"
	"orderq/yeastar"
)

func (a *app) catalog() *cobra.Command {
	cmd := a.group(&cobra.Command{
		Use: "catalog", Short: "Look at the portal: PBXs, plans, contacts, orders", GroupID: groupOrder,
		Long: `Look at the portal, by reads alone: the account's PBXs, the plans and services
on offer, the billing contacts, and the orders as the portal lists them.`,
		Example: "  orderq catalog products\n  orderq catalog plans\n  orderq catalog contacts --json\n  orderq catalog orders --limit 10",
	})
	set := a.settings(cmd, portalSettings()...)
	cmd.AddCommand(a.catalogProducts(set), a.catalogPlans(set), a.catalogContacts(set), a.catalogOrders(set))
	return cmd
}

// withPortal is a command's work at the portal.
func (s settings) withPortal(work func(ctx context.Context, cfg config.Config, c *yeastar.Client) error) func(context.Context, []string) error {
	return func(ctx context.Context, _ []string) error {
		cfg, err := s.load()
		if err != nil {
			return err
		}
		client, err := dialPortal(cfg)
		if err != nil {
			return err
		}
		defer client.Close()
		if err := work(ctx, cfg, client); err != nil {
			return explain(cfg, err)
		}
		return nil
	}
}

// What the catalog prints as JSON. Ids are strings, because they lie above 2^53.
type (
	productJSON struct {
		ProductNo    string `json:"productNo"`
		Name         string `json:"name,omitempty"`
		PlanID       string `json:"planId,omitempty"`
		Plan         string `json:"plan,omitempty"`
		BillingCycle string `json:"billingCycle,omitempty"`
		Extensions   *int   `json:"extensions,omitempty"`
	}
	serviceJSON struct {
		Plan         string `json:"plan,omitempty"`
		PlanID       string `json:"planId,omitempty"`
		Service      string `json:"service,omitempty"`
		ServiceID    string `json:"serviceId,omitempty"`
		PurchaseType string `json:"purchaseType,omitempty"`
	}
	contactJSON struct {
		ID      string `json:"billingId"`
		Email   string `json:"email,omitempty"`
		Name    string `json:"name,omitempty"`
		Company string `json:"company,omitempty"`
	}
	portalOrderJSON struct {
		ID          string    `json:"portalId,omitempty"`
		OrderNo     string    `json:"orderNo,omitempty"`
		OrderStatus string    `json:"orderStatus,omitempty"`
		CreatedAt   time.Time `json:"createdAt,omitzero"`
		ProductNo   string    `json:"productNo,omitempty"`
		PONumber    string    `json:"poNumber,omitempty"`
		Ours        string    `json:"id,omitempty"` // our order's id, where its reference is shown
	}
)

func (a *app) catalogProducts(set settings) *cobra.Command {
	return &cobra.Command{
		Use: "products", Short: "List the account's cloud PBXs", Args: none,
		Example: "  orderq catalog products\n  orderq catalog products --json",
		RunE: a.do(set.withPortal(func(ctx context.Context, _ config.Config, c *yeastar.Client) error {
			all, err := c.Products(ctx, yeastar.ProductPCE)
			if err != nil {
				return err
			}
			cols := []column{{head: "PBX", width: 16}, {head: "EXT", width: 4, right: true}, {head: "CYCLE", width: 8}, {head: "PLAN", width: 16}, {head: "NAME"}}
			return rows(a, cols, all, func(p yeastar.Product) (any, []string) {
				extensions := ""
				if p.Extensions != nil {
					extensions = fmt.Sprint(*p.Extensions)
				}
				return productJSON{p.ProductNo, p.Name, p.PlanID.String(), p.Plan, p.BillingCycle, p.Extensions},
					[]string{p.ProductNo, extensions, p.BillingCycle, either(p.Plan, p.PlanID.String()), cut(p.Name, 28)}
			})
		})),
	}
}

func (a *app) catalogPlans(set settings) *cobra.Command {
	var productNo string
	cmd := &cobra.Command{
		Use: "plans", Short: "List the plans and services on offer", Args: none,
		Example: "  orderq catalog plans\n  orderq catalog plans --product-no 3658B431119665QJ",
	}
	cmd.Flags().StringVar(&productNo, "product-no", "", "what is on offer for the PBX of this serial `number`")
	cmd.RunE = a.do(set.withPortal(func(ctx context.Context, _ config.Config, c *yeastar.Client) error {
		offer, err := c.Offering(ctx, yeastar.ProductPCE, (tasks.Intent{ProductNo: productNo}).Normalise().ProductNo)
		if err != nil {
			return err
		}
		var all []serviceJSON
		for _, p := range append(offer.Plans, yeastar.Plan{Services: offer.Services}) {
			if len(p.Services) == 0 && p.ID != 0 {
				all = append(all, serviceJSON{Plan: p.Name, PlanID: p.ID.String()})
			}
			for _, s := range p.Services {
				all = append(all, serviceJSON{p.Name, p.ID.String(), s.Name, s.ID.String(), s.PurchaseType})
			}
		}
		cols := []column{{head: "PLAN", width: 16}, {head: "PLAN ID", width: 19}, {head: "SERVICE", width: 20}, {head: "SERVICE ID", width: 19}}
		return rows(a, cols, all, func(s serviceJSON) (any, []string) {
			return s, []string{s.Plan, s.PlanID, s.Service, s.ServiceID}
		})
	}))
	return cmd
}

func (a *app) catalogContacts(set settings) *cobra.Command {
	return &cobra.Command{
		Use: "contacts", Short: "List the billing contacts", Args: none,
		Example: "  orderq catalog contacts",
		RunE: a.do(set.withPortal(func(ctx context.Context, _ config.Config, c *yeastar.Client) error {
			all, err := c.BillingContacts(ctx)
			if err != nil {
				return err
			}
			cols := []column{{head: "ID", width: 19}, {head: "E-MAIL", width: 28}, {head: "NAME"}}
			return rows(a, cols, all, func(k yeastar.Contact) (any, []string) {
				name := join(" ", k.FirstName, k.LastName)
				return contactJSON{k.ID.String(), k.Email, name, k.Company},
					[]string{k.ID.String(), k.Email, cut(join(", ", name, k.Company), 29)}
			})
		})),
	}
}

func (a *app) catalogOrders(set settings) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use: "orders", Short: "List orders as the portal does, page by page", Args: none,
		Example: "  orderq catalog orders --limit 10\n  orderq catalog orders --limit 0 --json",
	}
	cmd.Flags().IntVar(&limit, "limit", 25, "at most so many; 0: all")
	cmd.RunE = a.do(func(ctx context.Context, args []string) error {
		if limit < 0 {
			return wrongUse(fmt.Errorf("--limit %d: want a whole number, 0 for all", limit))
		}
		return set.withPortal(func(ctx context.Context, _ config.Config, c *yeastar.Client) error {
			all, err := portalOrders(ctx, c, limit)
			if err != nil {
				return err
			}
			cols := []column{{head: "CREATED", width: 17}, {head: "STATUS", width: 9}, {head: "ORDER NO", width: 21}, {head: "OURS", width: 26}}
			return rows(a, cols, all, func(r yeastar.OrderRow) (any, []string) {
				created, ours := "", ""
				if !r.CreateTime.IsZero() {
					created = r.CreateTime.UTC().Format("2006-01-02 15:04Z")
				}
				if refs := tasks.FindReferences([]byte(r.PONumber)); len(refs) > 0 {
					ours, _, _ = tasks.SplitReference(refs[0])
				}
				return portalOrderJSON{r.ID, r.OrderNo, r.OrderStatus, r.CreateTime, r.ProductNo, r.PONumber, ours},
					[]string{created, r.OrderStatus, either(r.OrderNo, r.ID), ours}
			})
		})(ctx, args)
	})
	return cmd
}

// portalOrders reads pages until there are enough rows, or no more. Rows that shift from page to page while
// orders are added are shown once.
func portalOrders(ctx context.Context, c *yeastar.Client, limit int) ([]yeastar.OrderRow, error) {
	const pageSize, mostPages = 100, 10_000
	var all []yeastar.OrderRow
	seen := map[string]bool{}
	size := pageSize
	if limit > 0 {
		size = min(limit, pageSize)
	}
	for page := 1; page <= mostPages; page++ {
		p, err := c.OrderPage(ctx, page, size)
		if err != nil {
			return nil, err
		}
		fresh := false
		for _, r := range p.Rows {
			if key := r.ID + " " + r.OrderNo; !seen[key] {
				seen[key], fresh = true, true
				all = append(all, r)
			}
			if limit > 0 && len(all) == limit {
				return all, nil
			}
		}
		if !fresh || p.TotalPage > 0 && page >= p.TotalPage {
			return all, nil
		}
	}
	return nil, errors.New("order list: it does not end")
}

// rows writes a list as a table or as JSON.
func rows[T any](a *app, cols []column, all []T, show func(T) (object any, cells []string)) error {
	for i, v := range all {
		object, cells := show(v)
		if a.json {
			if err := a.emit(object); err != nil {
				return err
			}
			continue
		}
		if i == 0 {
			a.head(cols)
		}
		a.row(cols, cells, false)
	}
	if len(all) == 0 && !a.json {
		a.note("none")
	}
	return nil
}

func either(text, instead string) string {
	if strings.TrimSpace(text) != "" {
		return text
	}
	return instead
}
