package yeastar

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Submission is one Create an Order, ready to go.
type Submission struct {
	Body   []byte        // OrderRequest as JSON: these very bytes are sent
	From   time.Time     // when the right to send was asked for
	Within time.Duration // after this long since From, by either clock, nothing is written; 0 = no limit
}

// CreateOrder places an order: POST /order/openapi/order/v1/save (create-an-order). It sends at most one
// request, ever, and when it returns, that request is over. A 401 drops the token and is NotSent.
// The caller's context may end it at any time; after the first byte that is Unknown.
func (c *Client) CreateOrder(ctx context.Context, s Submission) Answer {
	a, _, _ := c.call(ctx, request{
		Call:        Call{Endpoint: EndpointCreateOrder, Order: true},
		method:      http.MethodPost,
		path:        "/order/openapi/order/v1/save",
		contentType: "application/json",
		body:        s.Body,
		posting:     &posting{tooLate: func() bool { return s.late(c.now()) }},
	})
	return a
}

// OrderPage reads one page of the account's orders: GET /order/openapi/order/v1/page (query-order-list).
// Pages count from 1; 0 leaves pageNo or pageSize to the portal (1 and 25). The order of rows is not
// documented. A page with a row that cannot be read is an error: half a page proves nothing.
func (c *Client) OrderPage(ctx context.Context, pageNo, pageSize int) (OrderPage, error) {
	q := url.Values{}
	if pageNo > 0 {
		q.Set("pageNo", strconv.Itoa(pageNo))
	}
	if pageSize > 0 {
		q.Set("pageSize", strconv.Itoa(pageSize))
	}
	result, a, err := c.read(ctx, EndpointOrderList, "/order/openapi/order/v1/page", q)
	if err != nil {
		return OrderPage{}, err
	}
	page, err := readOrderPage(result)
	if err != nil {
		return OrderPage{}, unreadable(EndpointOrderList, a, "%v", err)
	}
	return page, nil
}

// OrderDetails reads one order by its id or its order number: GET /order/openapi/order/v1/get/{id}
// (get-order-details). An answer that shows another number than the one asked for is an error; asked by id,
// it cannot be checked, because the two need not resemble each other.
func (c *Client) OrderDetails(ctx context.Context, idOrOrderNo string) (OrderDetails, error) {
	if !isKey(idOrOrderNo) {
		a := Answer{Outcome: NotSent, Reason: ReasonCode}
		a.Detail = fmt.Sprintf("%q is neither an order's id nor its number: at most 64 letters, digits, - or _", idOrOrderNo)
		return OrderDetails{}, &Error{Endpoint: EndpointOrderDetails, Answer: a}
	}
	result, a, err := c.read(ctx, EndpointOrderDetails, "/order/openapi/order/v1/get/"+idOrOrderNo, nil)
	if err != nil {
		return OrderDetails{}, err
	}
	if !result.is('{') {
		return OrderDetails{}, unreadable(EndpointOrderDetails, a, "the result is not an object")
	}
	d := readOrderDetails(result)
	if _, err := ParseID(idOrOrderNo); err != nil && d.OrderNo != "" && d.OrderNo != idOrOrderNo {
		return OrderDetails{}, unreadable(EndpointOrderDetails, a, "asked for %s, got %s", idOrOrderNo, d.OrderNo)
	}
	return d, nil
}
