package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
)

func (a *app) catalog() *cobra.Command {
	cmd := a.group(&cobra.Command{
		Use: "catalog", Short: "Look at the portal: PBXs, plans, contacts, orders", GroupID: groupOrder,
		Long: `Look at the portal, by reads alone: the account's PBXs, the plans and services
on offer, the billing contacts, and the orders as the portal lists them.`,
		Example: "  orderq catalog products\n  orderq catalog plans\n  orderq catalog contacts --json\n  orderq catalog orders --limit 10",
	})
	set := a.settings(cmd, append(portalSettings(), "ORDERQ_SERVER", "ORDERQ_TOKEN")...)
	cmd.AddCommand(a.catalogProducts(set), a.catalogPlans(set), a.catalogContacts(set), a.catalogOrders(set))
	return cmd
}

func (a *app) catalogProducts(set settings) *cobra.Command {
	return &cobra.Command{
		Use: "products", Short: "List the account's cloud PBXs", Args: none,
		Example: "  orderq catalog products\n  orderq catalog products --json",
		RunE: a.do(set.withShop(func(ctx context.Context, at shop, _ []string) error {
			all, err := at.Products(ctx)
			if err != nil {
				return err
			}
			cols := []column{{head: "PBX", width: 16}, {head: "EXT", width: 4, right: true}, {head: "CYCLE", width: 8}, {head: "PLAN", width: 16}, {head: "NAME"}}
			return rows(a, cols, all, func(p office.Product) (any, []string) {
				extensions := ""
				if p.Extensions != nil {
					extensions = fmt.Sprint(*p.Extensions)
				}
				return p, []string{p.ProductNo, extensions, p.BillingCycle, either(p.Plan, p.PlanID), cut(p.Name, 28)}
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
	cmd.RunE = a.do(set.withShop(func(ctx context.Context, at shop, _ []string) error {
		all, err := at.Services(ctx, productNo)
		if err != nil {
			return err
		}
		cols := []column{{head: "PLAN", width: 16}, {head: "PLAN ID", width: 19}, {head: "SERVICE", width: 20}, {head: "SERVICE ID", width: 19}}
		return rows(a, cols, all, func(s office.Service) (any, []string) {
			return s, []string{s.Plan, s.PlanID, s.Service, s.ServiceID}
		})
	}))
	return cmd
}

func (a *app) catalogContacts(set settings) *cobra.Command {
	return &cobra.Command{
		Use: "contacts", Short: "List the billing contacts", Args: none,
		Example: "  orderq catalog contacts",
		RunE: a.do(set.withShop(func(ctx context.Context, at shop, _ []string) error {
			all, err := at.Contacts(ctx)
			if err != nil {
				return err
			}
			cols := []column{{head: "ID", width: 19}, {head: "E-MAIL", width: 28}, {head: "NAME"}}
			return rows(a, cols, all, func(k office.Contact) (any, []string) {
				return k, []string{k.ID, k.Email, cut(join(", ", k.Name, k.Company), 29)}
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
		return set.withShop(func(ctx context.Context, at shop, _ []string) error {
			all, err := at.PortalOrders(ctx, limit)
			if err != nil {
				return err
			}
			cols := []column{{head: "CREATED", width: 17}, {head: "STATUS", width: 9}, {head: "ORDER NO", width: 21}, {head: "OURS", width: 26}}
			return rows(a, cols, all, func(r office.PortalOrder) (any, []string) {
				created := ""
				if !r.CreatedAt.IsZero() {
					created = r.CreatedAt.UTC().Format("2006-01-02 15:04Z")
				}
				return r, []string{created, r.OrderStatus, either(r.OrderNo, r.ID), r.Ours}
			})
		})(ctx, args)
	})
	return cmd
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
