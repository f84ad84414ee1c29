package remote

import (
	"context"
	"net/url"
	"strconv"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/office"
)

// Products are the account's cloud PBXs.
func (o *Office) Products(ctx context.Context) ([]office.Product, error) {
	var got api.Products
	err := o.get(ctx, "/v1/catalog/products", nil, &got)
	return got.Products, err
}

// Services are the plans and services on offer, for one PBX where productNo is not "".
func (o *Office) Services(ctx context.Context, productNo string) ([]office.Service, error) {
	q := url.Values{}
	if productNo != "" {
		q.Set("productNo", productNo)
	}
	var got api.Plans
	err := o.get(ctx, "/v1/catalog/plans", q, &got)
	return got.Plans, err
}

// Contacts are the billing contacts.
func (o *Office) Contacts(ctx context.Context) ([]office.Contact, error) {
	var got api.Contacts
	err := o.get(ctx, "/v1/catalog/contacts", nil, &got)
	return got.Contacts, err
}

// PortalOrders are the newest of the portal's orders; limit 0 is all. More than the server gives at once are asked for
// page by page, at the rate that it leaves to readers.
func (o *Office) PortalOrders(ctx context.Context, limit int) ([]office.PortalOrder, error) {
	var got api.PortalOrders
	if limit > 0 && limit <= api.CatalogMost {
		err := o.get(ctx, "/v1/catalog/orders", url.Values{"limit": {strconv.Itoa(limit)}}, &got)
		return got.Orders, err
	}
	return office.AllPortalOrders(ctx, limit, func(ctx context.Context, page, size int) ([]office.PortalOrder, int, error) {
		var got api.PortalOrders
		err := o.get(ctx, "/v1/catalog/orders", url.Values{"limit": {strconv.Itoa(size)}, "page": {strconv.Itoa(page)}}, &got)
		return got.Orders, got.Pages, err
	})
}
