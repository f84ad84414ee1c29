package yeastar

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file holds every assumption about answers that the portal's pages do not describe. Documented names
// come first in each list; the others are guesses at what the same thing may be called, and a wrong guess
// must end as "not shown", never as a wrong value: a caller can be asked, money cannot.
var (
	planNameNames    = []string{"planName", "plan", "currentPlanName", "pricingPlanName", "subscriptionPlan"}
	planIDNames      = []string{"planId", "currentPlanId", "pricingPlanId"}
	cycleNames       = []string{"billingCycle", "planBillingCycle", "billingInterval", "cycle"}
	extensionNames   = []string{"extensionCount", "extensions", "extensionNum", "extensionCapacity", "totalExtensions"}
	productNames     = []string{"pbxName", "instanceName", "name", "deviceName", "productName"}
	offeredPlanNames = []string{"planName", "name", "title", "pricingPlanName", "displayName"}
	serviceNames     = []string{"serviceName", "name", "title", "pricingServiceName", "displayName"}
	lineIDNames      = []string{"serviceId", "pricingServiceId", "planId", "pricingPlanId"}
	poNumberNames    = []string{"poNumber", "poNo"}
	// elsewhere marks members that tell of another time or another plan than the present one. currentPlan is
	// filled only while a switch is under way (get-product-details), so it is not the plan it seems to be.
	elsewhere = []string{"switch", "renew", "next", "pending", "target", "trial", "currentplan"}
)

// maxNear bounds how many nested objects are looked into for a value: a product or an order has a handful.
const maxNear = 64

// near gives n and the objects within it, nearest first; not those in arrays, which are many of something else.
func near(n *node) []*node {
	found := []*node{n}
	for i := 0; i < len(found) && len(found) < maxNear; i++ {
		if !found[i].is('{') {
			continue
		}
		for j, kid := range found[i].kids {
			name := strings.ToLower(found[i].names[j])
			other := slices.ContainsFunc(elsewhere, func(s string) bool { return strings.Contains(name, s) })
			if kid.is('{') && !other {
				found = append(found, kid)
			}
		}
	}
	return found
}

// rows gives the elements of a list: an array, an object's "results", or the only array an object has.
func rows(result *node) ([]*node, error) {
	list := result
	if result.is('{') {
		list = result.get("results")
		if !list.is('[') {
			list = nil
			for _, kid := range result.kids {
				if kid.is('[') && list != nil {
					return nil, errors.New("the result has several arrays")
				}
				if kid.is('[') {
					list = kid
				}
			}
		}
	}
	if !list.is('[') {
		return nil, errors.New("the result has no list")
	}
	for i, row := range list.kids {
		if !row.is('{') {
			return nil, fmt.Errorf("row %d of the list is not an object", i+1)
		}
	}
	return list.kids, nil
}

// productPage is one page of Query Product List; total and pages are -1, no is 0 where not shown.
type productPage struct {
	no, pages, total int
	products         []Product
}

func readProductPage(result *node, productID int) (productPage, error) {
	list, err := rows(result)
	if err != nil {
		return productPage{}, err
	}
	page := productPage{
		no:    number(result, 0, "pageNo"),
		pages: number(result, -1, "totalPage"),
		total: number(result, -1, "total", "count"),
	}
	for i, row := range list {
		p := readProduct(row, productID)
		if p.ProductNo == "" {
			return productPage{}, fmt.Errorf("row %d has no productNo", i+1)
		}
		page.products = append(page.products, p)
	}
	return page, nil
}

func readProduct(n *node, productID int) Product {
	in := near(n)
	main := n // a name is whose serial number stands beside it: plans and contacts have names, too
	if i := slices.IndexFunc(in, func(o *node) bool { return o.text("productNo") != "" }); i >= 0 {
		main = in[i]
	}
	p := Product{
		ProductNo:  main.text("productNo"),
		Name:       main.text(productNames...),
		ProductID:  productID,
		Extensions: extensions(in),
		Raw:        bytes.Clone(n.raw),
	}
	if id := n.count("productId"); id != nil {
		p.ProductID = *id
	}
	for _, o := range in {
		if p.PlanID == 0 {
			p.PlanID = o.id(planIDNames...)
		}
		if p.BillingCycle == "" {
			p.BillingCycle = cycle(o.text(cycleNames...))
		}
		for _, name := range planNameNames {
			plan := o.get(name)
			if p.PlanID == 0 {
				p.PlanID = plan.id("planId", "id", "pricingPlanId")
			}
			s := o.text(name) + plan.text(offeredPlanNames...) // one of them is empty: it is a text or an object
			if id, err := ParseID(s); err == nil {
				if p.PlanID == 0 {
					p.PlanID = id
				}
			} else if p.Plan == "" {
				p.Plan = s
			}
		}
	}
	return p
}

// extensions takes the nearest object that shows a number of extensions. Names that disagree there (used
// and bought, say) are as good as none: High Availability is paid by this number.
func extensions(in []*node) *int {
	for _, n := range in {
		var one *int
		for _, name := range extensionNames {
			switch v := n.count(name); {
			case v == nil:
			case one == nil:
				one = v
			case *one != *v:
				return nil
			}
		}
		if one == nil {
			one = n.count("maxExtensions")
		}
		if one != nil {
			return one
		}
	}
	return nil
}

// cycle gives the word that an order takes for a billing cycle, "" for what is not clearly one of the two.
func cycle(s string) string {
	switch strings.ToLower(s) {
	case "annually", "annual", "yearly", "year":
		return "annually"
	case "monthly", "month":
		return "monthly"
	}
	return ""
}

// offered collects plans and services in the order in which the portal shows them.
type offered struct {
	plans    []Plan
	place    map[ID]int // of a plan in plans: one answer has room for hundreds of thousands
	services []offeredService
}

type offeredService struct {
	under ID // the plan, 0: none
	Service
}

// readOffering looks by shape: an object with a serviceId is a service, one with a planId is a plan, and
// a service belongs to the plan it names or, failing that, stands in.
func readOffering(result *node) Offering {
	found := offered{place: map[ID]int{}}
	found.look(result, 0)
	o := Offering{Plans: found.plans, Raw: bytes.Clone(result.raw)}
	shown := map[offeredService]int{} // where, without its name
	for _, s := range found.services {
		list := &o.Services
		if i, ok := found.place[s.under]; ok {
			list = &o.Plans[i].Services
		} else {
			s.under = 0
		}
		nameless := offeredService{s.under, Service{ID: s.ID, PurchaseType: s.PurchaseType}}
		if same, twice := shown[nameless]; !twice {
			shown[nameless] = len(*list)
			*list = append(*list, s.Service)
		} else if (*list)[same].Name == "" {
			(*list)[same].Name = s.Name
		}
	}
	return o
}

func (f *offered) look(n *node, under ID) {
	if n == nil {
		return
	}
	service := n.id("serviceId", "pricingServiceId")
	plan := n.id("planId", "pricingPlanId")
	isPlan := n.text("serviceType") == "plan"
	switch {
	case service != 0 && isPlan:
		f.plan(service, n)
		under = service
	case service != 0:
		if own := n.id("planId", "connectionPlanId", "pricingPlanId"); own != 0 {
			under = own
		}
		kind := strings.ToLower(n.text("purchaseType"))
		if kind != "purchase" && kind != "trial" {
			kind = ""
		}
		f.services = append(f.services, offeredService{under, Service{service, n.text(serviceNames...), kind}})
	case plan != 0:
		f.plan(plan, n)
		under = plan
	case n.id("id") != 0 && n.get("serviceList").is('[') && n.get("productId") == nil && n.get("offeringId") == nil:
		f.plan(n.id("id"), n)
		under = n.id("id")
	}
	for _, kid := range n.kids {
		f.look(kid, under)
	}
}

func (f *offered) plan(id ID, n *node) {
	name := n.text(offeredPlanNames...)
	if i, known := f.place[id]; !known {
		f.place[id] = len(f.plans)
		f.plans = append(f.plans, Plan{ID: id, Name: name})
	} else if f.plans[i].Name == "" {
		f.plans[i].Name = name
	}
}

func readContacts(result *node) ([]Contact, error) {
	list, err := rows(result)
	if err != nil {
		return nil, err
	}
	var contacts []Contact
	for i, row := range list {
		c := Contact{
			ID:        row.id("billingContactId", "id"),
			Email:     row.text("emailAddress", "email"),
			FirstName: row.text("firstName"),
			LastName:  row.text("lastName"),
			Company:   row.text("company"),
		}
		if c.ID == 0 {
			return nil, fmt.Errorf("contact %d has no readable billingContactId", i+1)
		}
		contacts = append(contacts, c)
	}
	return contacts, nil
}

func readSubscribable(result *node) ([]SubscribableProduct, error) {
	list, err := rows(result)
	if err != nil {
		return nil, err
	}
	var products []SubscribableProduct
	for i, row := range list {
		id := row.count("productId")
		if id == nil {
			return nil, fmt.Errorf("product %d has no readable productId", i+1)
		}
		products = append(products, SubscribableProduct{ID: *id, Name: row.text("name")})
	}
	return products, nil
}

func readOrderPage(result *node) (OrderPage, error) {
	list, err := rows(result)
	if err != nil {
		return OrderPage{}, err
	}
	page := OrderPage{
		PageNo:    number(result, 0, "pageNo"),
		PageSize:  number(result, 0, "pageSize"),
		TotalPage: number(result, 0, "totalPage"),
		Total:     number(result, 0, "total", "count"),
	}
	for i, n := range list {
		row := readOrderRow(n)
		if row.ID == "" && row.OrderNo == "" {
			return OrderPage{}, fmt.Errorf("row %d has neither id nor orderNo", i+1)
		}
		page.Rows = append(page.Rows, row)
	}
	return page, nil
}

// readOrderRow prefers the object that has the orderNo: the others (a contact, a product) have ids and times, too.
func readOrderRow(n *node) OrderRow {
	in := near(n)
	main := n
	if i := slices.IndexFunc(in, func(o *node) bool { return o.text("orderNo") != "" }); i >= 0 {
		main = in[i]
	}
	in = append([]*node{main}, in...)
	row := OrderRow{
		ID:          main.text("id"),
		OrderNo:     main.text("orderNo"),
		OrderStatus: nearText(in, "orderStatus"),
		CreateTime:  instant(nearText(in, "createTime", "createdTime", "orderTime")),
		ProductNo:   nearText(in, "productNo"),
		PONumber:    nearText(in, poNumberNames...),
		Raw:         bytes.Clone(n.raw),
	}
	if row.ID == "" {
		row.ID = nearText(in, "orderId")
	}
	return row
}

func readOrderDetails(n *node) OrderDetails {
	in := near(n)
	d := OrderDetails{OrderRow: readOrderRow(n), Raw: bytes.Clone(n.raw), Quantity: -1}
	d.TransactionNo, d.InstanceID = nearText(in, "transactionNo"), nearText(in, "instanceId")
	d.ProductID, _ = strconv.Atoi(nearText(in, "productId"))
	seen := map[ID]bool{0: true}
	visit := func(line *node) bool {
		for _, name := range lineIDNames {
			if id := line.id(name); !seen[id] {
				seen[id] = true
				d.ServiceIDs = append(d.ServiceIDs, id)
			}
		}
		if q := number(line, -1, "quantity", "qty"); q >= 0 {
			if d.Quantity >= 0 && d.Quantity != q {
				q = 0
			}
			d.Quantity = q
		}
		return true
	}
	// The lines stand in orderSummary ("plan or service(s) in the order"), or failing that in arrays.
	if sum := n.get("orderSummary"); sum != nil {
		sum.walk(visit)
	} else {
		n.walk(func(m *node) bool {
			if m.is('[') {
				m.walk(visit)
			}
			return !m.is('[')
		})
	}
	d.Quantity = max(d.Quantity, 0)
	return d
}

// instant reads a time whose form and unit are not documented: a number since 1970 in seconds,
// milliseconds or microseconds by its size (as of 2001 to 5138 each), or a date in one of two forms, UTC.
func instant(s string) time.Time {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		switch {
		case n >= 1e9 && n < 1e11:
			return time.Unix(n, 0).UTC()
		case n >= 1e12 && n < 1e14:
			return time.UnixMilli(n).UTC()
		case n >= 1e15 && n < 1e17:
			return time.UnixMicro(n).UTC()
		}
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
