package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/yeastar"
)

// How many of the portal's orders are listed.
const (
	catalogUsual = 25
	// CatalogMost is how many one answer has, at most; of those that ask for a page office.PortalPageMost.
	CatalogMost = 1000
)

// What the catalog answers.
type (
	// Products are the account's PBXs.
	Products struct {
		Products []office.Product `json:"products"`
	}
	// Plans are the plans and services on offer.
	Plans struct {
		Plans []office.Service `json:"plans"`
	}
	// Contacts are the billing contacts.
	Contacts struct {
		Contacts []office.Contact `json:"contacts"`
	}
	// PortalOrders are the newest orders as the portal lists them.
	PortalOrders struct {
		Orders []office.PortalOrder `json:"orders"`
		Pages  int                  `json:"pages,omitempty" doc:"With page: how many there are, as far as the portal says."`
	}
)

// catalogRoutes look at the portal, by reads alone.
func (a *API) catalogRoutes() []route {
	extensions := 20
	of := func(what, id, summary string, answer *huma.Response, read func(context.Context, *call) (any, error), params ...*huma.Param) route {
		return route{
			method: http.MethodGet, path: "/v1/catalog/" + what, id: id, summary: summary, role: config.Viewer, params: params,
			about: "Read from the portal. It has a rate for the account, which the orders need: more than some questions in a row are refused, 429.",
			gives: map[int]*huma.Response{http.StatusOK: answer}, fails: []string{"portal-away", "no-portal", "too-many-requests"},
			serve: func(c *call) error { return a.look(c, read) },
		}
	}
	return []route{
		of("products", "listProducts", "List the account's cloud PBXs", gives(a, "The PBXs", Products{[]office.Product{{
			ProductNo: "3658B431119665QJ", Name: "Tutorial Expansion", PlanID: "3048571730026938368", Plan: "Enterprise Plan", BillingCycle: "annually", Extensions: &extensions}}}),
			func(ctx context.Context, _ *call) (any, error) {
				all, err := office.Products(ctx, a.portal)
				return Products{all}, err
			}),
		of("plans", "listPlans", "List the plans and services on offer", gives(a, "The plans and services", Plans{[]office.Service{{
			Plan: "Ultimate Plan", PlanID: "3048572026291630080", Service: "High Availability", ServiceID: "3048573935752720384"}}}),
			func(ctx context.Context, c *call) (any, error) {
				all, err := office.Services(ctx, a.portal, c.query.Get("productNo"))
				return Plans{all}, err
			}, query("productNo", "What is on offer for the PBX of this serial number", text())),
		of("contacts", "listContacts", "List the billing contacts", gives(a, "The contacts", Contacts{[]office.Contact{{
			ID: "3197218168379846218", Email: "billing@example.com"}}}),
			func(ctx context.Context, _ *call) (any, error) {
				all, err := office.Contacts(ctx, a.portal)
				return Contacts{all}, err
			}),
		of("orders", "listPortalOrders", "List orders as the portal does", gives(a, "The portal's newest orders", PortalOrders{Orders: []office.PortalOrder{{
			OrderNo: "EK3206246063826526208", OrderStatus: "succeed", ProductNo: "3658B431119665QJ", Ours: "oqkj4thvgdmn4trk6peltd7uvg"}}}),
			func(ctx context.Context, c *call) (any, error) {
				if c.query.Get("page") != "" {
					return a.portalPage(ctx, c)
				}
				limit, err := c.limit(catalogUsual, CatalogMost)
				if err != nil {
					return nil, err
				}
				all, err := office.PortalOrders(ctx, a.portal, limit)
				return PortalOrders{Orders: all}, err
			}, query("limit", "At most so many", whole(1, CatalogMost, catalogUsual)),
			query("page", "This page of the portal's list, from 1, of limit rows (at most 100): for more than one answer gives", whole(1, catalogPages, 0))),
	}
}

// look asks the portal.
func (a *API) look(c *call, read func(context.Context, *call) (any, error)) error {
	if a.nobody != nil {
		return a.nobody
	}
	if err := a.reserveRead(); err != nil {
		return err
	}
	v, err := read(c.r.Context(), c)
	if err != nil {
		return a.portalError(err)
	}
	return c.give(http.StatusOK, v)
}

// portalError says what the portal's error means to a client.
func (a *API) portalError(err error) error {
	var call *yeastar.Error
	switch {
	case errors.Is(err, yeastar.ErrCredentials):
		p := problem("portal-away", "the portal refuses this server's credentials: orderq doctor there says more")
		p.cause = err
		return p
	case errors.As(err, &call) && call.Outcome == yeastar.Refused:
		return invalid(field("request", "", "the portal refuses it: %s", call.Detail))
	}
	return office.Explain(a.office.Config, err)
}

// catalogPages is more than the portal has.
const catalogPages = 10_000

// portalPage is one page of the portal's list.
func (a *API) portalPage(ctx context.Context, c *call) (any, error) {
	text := c.query.Get("page")
	page, err := strconv.Atoi(text)
	if err != nil || page < 1 || page > catalogPages {
		return nil, invalid(field("page", text, "must be a whole number from 1 to %d", catalogPages))
	}
	size, err := c.limit(catalogUsual, office.PortalPageMost)
	if err != nil {
		return nil, err
	}
	rows, pages, err := office.PortalPage(ctx, a.portal, page, size)
	return PortalOrders{append([]office.PortalOrder{}, rows...), pages}, err
}
