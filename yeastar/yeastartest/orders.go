package yeastartest

import (
	"net/http"
	"net/url"
	"sort"
	"strconv"

	"orderq/yeastar"
)

// orderRow is Order_Info. The page shows the names up to orderStatus; of those after it, poNumber and
// productNo are there as Options say.
type orderRow struct {
	CreateTime        int64   `json:"createTime"` // epoch milliseconds
	CurrencyCode      string  `json:"currencyCode"`
	CustomReferenceNo string  `json:"customReferenceNo"` // a remark made by hand; never the request's poNumber
	ID                string  `json:"id"`
	InvoiceNo         string  `json:"invoiceNo"`
	OrderNo           string  `json:"orderNo"`
	OrderStatus       string  `json:"orderStatus"`
	PONumber          *string `json:"poNumber,omitempty"`
	ProductNo         string  `json:"productNo,omitempty"`
	Remark            string  `json:"remark,omitempty"`
	TransactionNo     string  `json:"transactionNo"`
}

func (s *Server) row(o *stored) orderRow {
	row := orderRow{CreateTime: o.At.UnixMilli(), CurrencyCode: "USD", ID: o.ID, InvoiceNo: o.invoiceNo,
		OrderNo: o.OrderNo, OrderStatus: o.Status, TransactionNo: o.TransactionNo}
	row.PONumber, row.Remark = s.echo(o.PONumber, s.opt.Echo == EchoPONumber)
	if s.opt.RowProductNo {
		row.ProductNo = o.ProductNo
	}
	return row
}

// listed gives the orders that the list shows already, those twice that are two rows. They stand in the
// order of their commits, so a lag hides a tail of them.
func (s *Server) listed() []*stored {
	all := s.orders.all
	if s.opt.ListLag > 0 {
		latest := s.opt.Now().Add(-s.opt.ListLag)
		all = all[:sort.Search(len(all), func(i int) bool { return all[i].since.After(latest) })]
	}
	if s.opt.ListTwice <= 0 {
		return all
	}
	rows := make([]*stored, 0, 2*len(all))
	for _, o := range all {
		rows = append(rows, o)
		if die(s.opt.Seed).unit("twice "+o.ID, 0) < s.opt.ListTwice {
			rows = append(rows, o)
		}
	}
	return rows
}

// orderList is Query Order List.
func (s *Server) orderList(q url.Values, _ string) reply {
	s.turnPage(q.Get("pageNo"))
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.listed()
	p, from, to, refusal := s.paging(q, len(all))
	if refusal != nil {
		return *refusal
	}
	wording, _ := s.opt.FieldNames.wordings()
	for i := from; i < to; i++ {
		at := i
		switch {
		case s.opt.ListOrder == NewestFirst:
			at = len(all) - 1 - i
		case s.opt.ListOrder == NewestAmid && i < (len(all)+1)/2:
			at = 2 * i
		case s.opt.ListOrder == NewestAmid:
			at = 2*(len(all)-1-i) + 1
		}
		p.Results = append(p.Results, wording.of(s.row(all[at])))
	}
	return ok(p)
}

// orderDetails is Get Order Details, by id or by order number. It knows an order from its commit on: the lag is the list's.
func (s *Server) orderDetails(_ url.Values, key string) reply {
	type basic struct {
		ProductID   string `json:"productId"`
		ProductName string `json:"productName"`
		ProductNo   string `json:"productNo"`
	}
	type billing struct {
		BillingContactID string `json:"billingContactId"`
		EmailAddress     string `json:"emailAddress"`
	}
	type info struct {
		CreateTime    int64   `json:"createTime"`
		OrderNo       string  `json:"orderNo"`
		OrderStatus   string  `json:"orderStatus"`
		PONumber      *string `json:"poNumber,omitempty"`
		Remark        string  `json:"remark,omitempty"`
		TransactionNo string  `json:"transactionNo"`
	}
	type line struct {
		BillingCycle string `json:"billingCycle"`
		Quantity     int    `json:"quantity"`
		ServiceID    string `json:"serviceId"`
		ServiceName  string `json:"serviceName"`
	}
	type details struct {
		Basic   basic   `json:"basicInformation"`
		Billing billing `json:"billingInformation"`
		Order   info    `json:"orderInformation"`
		Summary []line  `json:"orderSummary"`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.orders.byKey[key]
	if o == nil {
		return refuse(http.StatusNotFound, "order_not_found", "id", "exists", "%q is no order of this account", key)
	}
	d := details{
		Basic:   basic{strconv.Itoa(yeastar.ProductPCE), productName, o.ProductNo},
		Billing: billing{BillingContactID: o.BillingID},
		Order:   info{CreateTime: o.At.UnixMilli(), OrderNo: o.OrderNo, OrderStatus: o.Status, TransactionNo: o.TransactionNo},
	}
	if id, err := yeastar.ParseID(o.BillingID); err == nil {
		if c := s.contactByID(id); c != nil { // a journal may name one that was there then
			d.Billing.EmailAddress = c.EmailAddress
		}
	}
	d.Order.PONumber, d.Order.Remark = s.echo(o.PONumber, s.opt.Echo != EchoNone)
	for _, l := range o.Lines() {
		id, _ := yeastar.ParseID(l.ServiceID) // was on offer when it was ordered
		d.Summary = append(d.Summary, line{l.BillingCycle, l.Quantity, l.ServiceID, serviceName(id)})
	}
	_, wording := s.opt.FieldNames.wordings()
	return ok(wording.of(d))
}
