package office

import (
	"context"
	"errors"
	"strings"
	"time"

	"orderq/tasks"
	"orderq/yeastar"
)

// What the catalog shows. Ids are strings, because they lie above 2^53.
type (
	// Product is one of the account's PBXs.
	Product struct {
		ProductNo    string `json:"productNo"`
		Name         string `json:"name,omitempty"`
		PlanID       string `json:"planId,omitempty"`
		Plan         string `json:"plan,omitempty"`
		BillingCycle string `json:"billingCycle,omitempty"`
		Extensions   *int   `json:"extensions,omitempty"`
	}
	// Service is a plan on offer, or a service of it.
	Service struct {
		Plan         string `json:"plan,omitempty"`
		PlanID       string `json:"planId,omitempty"`
		Service      string `json:"service,omitempty"`
		ServiceID    string `json:"serviceId,omitempty"`
		PurchaseType string `json:"purchaseType,omitempty"`
	}
	// Contact gets invoices.
	Contact struct {
		ID      string `json:"billingId"`
		Email   string `json:"email,omitempty"`
		Name    string `json:"name,omitempty"`
		Company string `json:"company,omitempty"`
	}
	// PortalOrder is an order as the portal lists it.
	PortalOrder struct {
		ID          string    `json:"portalId,omitempty"`
		OrderNo     string    `json:"orderNo,omitempty"`
		OrderStatus string    `json:"orderStatus,omitempty"`
		CreatedAt   time.Time `json:"createdAt,omitzero"`
		ProductNo   string    `json:"productNo,omitempty"`
		PONumber    string    `json:"poNumber,omitempty"`
		Ours        string    `json:"id,omitempty"` // our order's id, where its reference is shown
	}
)

// Products are the account's cloud PBXs.
func Products(ctx context.Context, c *yeastar.Client) ([]Product, error) {
	all, err := c.Products(ctx, yeastar.ProductPCE)
	out := make([]Product, 0, len(all))
	for _, p := range all {
		out = append(out, Product{p.ProductNo, p.Name, p.PlanID.String(), p.Plan, p.BillingCycle, p.Extensions})
	}
	return out, err
}

// Services are the plans and services on offer, for one PBX where productNo is not "".
func Services(ctx context.Context, c *yeastar.Client, productNo string) ([]Service, error) {
	offer, err := c.Offering(ctx, yeastar.ProductPCE, (tasks.Intent{ProductNo: productNo}).Normalise().ProductNo)
	if err != nil {
		return nil, err
	}
	all := []Service{}
	for _, p := range append(offer.Plans, yeastar.Plan{Services: offer.Services}) {
		if len(p.Services) == 0 && p.ID != 0 {
			all = append(all, Service{Plan: p.Name, PlanID: p.ID.String()})
		}
		for _, s := range p.Services {
			all = append(all, Service{p.Name, p.ID.String(), s.Name, s.ID.String(), s.PurchaseType})
		}
	}
	return all, nil
}

// Contacts are the billing contacts.
func Contacts(ctx context.Context, c *yeastar.Client) ([]Contact, error) {
	all, err := c.BillingContacts(ctx)
	out := make([]Contact, 0, len(all))
	for _, k := range all {
		name := strings.TrimSpace(k.FirstName + " " + k.LastName)
		out = append(out, Contact{k.ID.String(), k.Email, name, k.Company})
	}
	return out, err
}

// PortalOrders reads pages of the portal's list until there are enough rows, or no more; limit 0 is all.
func PortalOrders(ctx context.Context, c *yeastar.Client, limit int) ([]PortalOrder, error) {
	return AllPortalOrders(ctx, limit, func(ctx context.Context, page, size int) ([]PortalOrder, int, error) {
		return PortalPage(ctx, c, page, size)
	})
}

// PortalPage reads one page, from 1, of the portal's list, and says how many there are; 0: it does not say.
func PortalPage(ctx context.Context, c *yeastar.Client, page, size int) (rows []PortalOrder, pages int, err error) {
	p, err := c.OrderPage(ctx, page, size)
	if err != nil {
		return nil, 0, err
	}
	for _, r := range p.Rows {
		rows = append(rows, portalOrder(r))
	}
	return rows, p.TotalPage, nil
}

// PortalPageMost is how many rows a page has, at most.
const PortalPageMost = 100

// AllPortalOrders asks for pages until there are enough rows, or no more; limit 0 is all. Rows that shift from page to
// page while orders are added are given once.
func AllPortalOrders(ctx context.Context, limit int, read func(ctx context.Context, page, size int) (rows []PortalOrder, pages int, err error)) ([]PortalOrder, error) {
	const mostPages = 10_000
	all := []PortalOrder{}
	seen := map[string]bool{}
	size := PortalPageMost
	if limit > 0 {
		size = min(limit, PortalPageMost)
	}
	for page := 1; page <= mostPages; page++ {
		rows, pages, err := read(ctx, page, size)
		if err != nil {
			return nil, err
		}
		fresh := false
		for _, r := range rows {
			if key := r.ID + " " + r.OrderNo; !seen[key] {
				seen[key], fresh = true, true
				all = append(all, r)
			}
			if limit > 0 && len(all) == limit {
				return all, nil
			}
		}
		if !fresh || pages > 0 && page >= pages {
			return all, nil
		}
	}
	return nil, errors.New("order list: it does not end")
}

func portalOrder(r yeastar.OrderRow) PortalOrder {
	ours := ""
	if refs := tasks.FindReferences([]byte(r.PONumber)); len(refs) > 0 {
		ours, _, _ = tasks.SplitReference(refs[0])
	}
	return PortalOrder{r.ID, r.OrderNo, r.OrderStatus, r.CreateTime, r.ProductNo, r.PONumber, ours}
}
