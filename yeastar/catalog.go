package yeastar

import "encoding/json"

// ProductPCE is the productId of P-Series Cloud PBX (PCE Instance), the product of both tutorials.
const ProductPCE = 13

// Product is a PBX: a row of Query Product List, or Get Product Details. Only productNo is
// documented; the rest is read tolerantly (read.go) and zero (or nil) where nothing readable was there.
type Product struct {
	ProductNo    string
	Name         string
	ProductID    int
	PlanID       ID     // the current plan's id
	Plan         string // the current plan's name
	BillingCycle string // "annually", "monthly" or ""
	Extensions   *int   // how many extensions it has now; nil: not shown
	Raw          json.RawMessage
}

// Offering is Query Available Subscription / Trial Plans and Services for a Product.
type Offering struct {
	Plans    []Plan
	Services []Service // those that hang under no plan
	Raw      json.RawMessage
}

// Plan is a subscription plan on offer, with the services that can be bought for it.
type Plan struct {
	ID       ID
	Name     string // "" where none could be read
	Services []Service
}

// Service is a service on offer.
type Service struct {
	ID           ID
	Name         string
	PurchaseType string // "purchase", "trial" or ""
}

// Contact is a row of Query Billing Contact List; its id is what an order calls billingId.
type Contact struct {
	ID        ID
	Email     string
	FirstName string
	LastName  string
	Company   string
}

// SubscribableProduct is a row of product_list: what the account may buy.
type SubscribableProduct struct {
	ID   int
	Name string
}
