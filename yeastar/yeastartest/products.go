package yeastartest

import (
	"net/http"
	"net/url"
	"strconv"

	"orderq/yeastar"
)

// page is the result of both lists.
type page struct {
	Count     int   `json:"count"`
	PageNo    int   `json:"pageNo"`
	PageSize  int   `json:"pageSize"`
	Results   []any `json:"results"`
	Total     int   `json:"total"`
	TotalPage int   `json:"totalPage"`
}

// paging reads pageNo (from 1) and pageSize (25 unless given) and says which rows they mean. The last
// value is a refusal, nil where all is well.
func (s *Server) paging(q url.Values, total int) (p page, from, to int, refusal *reply) {
	p = page{Count: total, Total: total, PageNo: 1, PageSize: 25, Results: []any{}}
	for _, field := range [...]struct {
		name string
		into *int
	}{{"pageNo", &p.PageNo}, {"pageSize", &p.PageSize}} {
		if text := q.Get(field.name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 {
				r := invalid(field.name, "min", "%q is not a number from 1", text)
				return p, 0, 0, &r
			}
			*field.into = n
		}
	}
	p.PageSize = min(p.PageSize, s.opt.MaxPageSize)
	p.TotalPage = (total + p.PageSize - 1) / p.PageSize
	if p.PageNo > p.TotalPage {
		return p, 0, 0, nil
	}
	from = (p.PageNo - 1) * p.PageSize
	return p, from, min(from+p.PageSize, total), nil
}

// productJSON is a PBX on the wire. Only productNo and the words before it in the alphabet are documented;
// the names of the capacity fields are this simulator's.
type productJSON struct {
	ActivationCode   string `json:"activationCode"`
	ActivationStatus string `json:"activationStatus"`
	BillingCycle     string `json:"billingCycle,omitempty"`
	Comment          string `json:"comment"`
	Extensions       *int   `json:"extensions,omitempty"`
	PBXName          string `json:"pbxName"`
	PlanID           string `json:"planId,omitempty"`
	PlanName         string `json:"planName,omitempty"`
	ProductID        string `json:"productId"`
	ProductNo        string `json:"productNo"`
	RecordingMinutes *int   `json:"recordingMinutes,omitempty"`
	HighAvailability *bool  `json:"highAvailability,omitempty"`
}

// productOnWire shows a PBX. s.mu is held.
func (s *Server) productOnWire(p *PBX, capacity bool) productJSON {
	out := productJSON{ActivationStatus: "activated", PBXName: p.Name,
		ProductID: strconv.Itoa(yeastar.ProductPCE), ProductNo: p.ProductNo}
	if capacity {
		extensions, minutes, ha := p.Extensions, p.Minutes, p.HA
		if was, frozen := s.frozen[p.ProductNo]; frozen {
			extensions = was
		}
		out.Extensions, out.RecordingMinutes, out.HighAvailability = &extensions, &minutes, &ha
		out.BillingCycle, out.PlanID, out.PlanName = p.BillingCycle, p.PlanID.String(), p.Plan
	}
	return out
}

// productID reads the required query parameter; what is not a product of this account is 0.
func productID(q url.Values) (int, *reply) {
	text := q.Get("productId")
	n, err := strconv.Atoi(text)
	if err != nil {
		r := invalid("productId", "required", "%q is not a product id", text)
		return 0, &r
	}
	if n != yeastar.ProductPCE {
		n = 0
	}
	return n, nil
}

func (s *Server) productList(q url.Values, _ string) reply {
	id, refusal := productID(q)
	if refusal != nil {
		return *refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.pbxs
	if id == 0 {
		all = nil
	}
	p, from, to, refusal := s.paging(q, len(all))
	if refusal != nil {
		return *refusal
	}
	for _, pbx := range all[from:to] {
		p.Results = append(p.Results, s.productOnWire(pbx, s.opt.Capacity == ShowsBoth))
	}
	return ok(p)
}

func (s *Server) productDetails(q url.Values, _ string) reply {
	id, refusal := productID(q)
	if refusal != nil {
		return *refusal
	}
	no := q.Get("productNo")
	if no == "" {
		return invalid("productNo", "required", "missing")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pbxByNo[no]
	if p == nil || id == 0 {
		return refuse(http.StatusNotFound, "product_not_found", "productNo", "exists", "%q is not a product of this account", no)
	}
	return ok(s.productOnWire(p, s.opt.Capacity != ShowsNone))
}

// subscribable is Query Subscribable Products.
func (s *Server) subscribable(url.Values, string) reply {
	type row struct {
		Name      string `json:"name"`
		ProductID int    `json:"productId"`
	}
	return ok([]row{{productName, yeastar.ProductPCE}})
}

// purchaseInfo is Query Available Subscription / Trial Plans and Services for a Product. Of its result only
// offeringId, planId, serviceId and purchaseType are documented.
func (s *Server) purchaseInfo(q url.Values, _ string) reply {
	type service struct {
		PurchaseType string `json:"purchaseType"`
		ServiceID    string `json:"serviceId"`
		ServiceName  string `json:"serviceName"`
	}
	type plan struct {
		PlanID   string    `json:"planId"`
		PlanName string    `json:"planName"`
		Services []service `json:"services"`
	}
	type info struct {
		OfferingID  string `json:"offeringId"`
		Plans       []plan `json:"plans"`
		ProductID   string `json:"productId"`
		ProductName string `json:"productName"`
	}
	id, refusal := productID(q)
	if refusal != nil {
		return *refusal
	}
	if id == 0 {
		return refuse(http.StatusNotFound, "product_not_found", "productId", "exists", "%s is not a product of this account", q.Get("productId"))
	}
	out := info{OfferingID: "3048571211430588416", ProductID: strconv.Itoa(id), ProductName: productName}
	for _, p := range plans() {
		row := plan{PlanID: p.id.String(), PlanName: p.name}
		for _, v := range services() {
			row.Services = append(row.Services, service{"purchase", v.id.String(), v.name})
		}
		out.Plans = append(out.Plans, row)
	}
	return ok(out)
}
