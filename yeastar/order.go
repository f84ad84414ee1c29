package yeastar

import (
	"encoding/json"
	"time"
)

// OrderRequest is the body of Create an Order, POST /order/openapi/order/v1/save.
// Field names and types are those of the portal's page create-an-order and of its two tutorials;
// ids go out as bare integers. Build it, marshal it once, and send those very bytes.
type OrderRequest struct {
	OperationType string        `json:"operationType"`
	ProductID     int           `json:"productId"`
	ProductNo     string        `json:"productNo,omitempty"`
	AssignID      string        `json:"assignId,omitempty"`
	BillingID     ID            `json:"billingId,omitzero"`
	PONumber      string        `json:"poNumber,omitempty"`
	ServiceList   []ServiceLine `json:"serviceList"`
}

// ServiceLine is one element of serviceList: one plan or one service.
type ServiceLine struct {
	ConnectionPlanID ID     `json:"connectionPlanId,omitzero"`
	ServiceType      string `json:"serviceType"`
	ServiceID        ID     `json:"serviceId"`
	Quantity         int    `json:"quantity"`
	PurchaseType     string `json:"purchaseType"`
	BillingModel     string `json:"billingModel,omitempty"`
	BillingCycle     string `json:"billingCycle,omitempty"`
	MultiCycle       int    `json:"multiCycle"`
}

// OrderResult is the result of Create an Order (both tutorials' sample answers). All are strings.
type OrderResult struct {
	InstanceID    string `json:"instanceId"`
	OrderNo       string `json:"orderNo"`
	OrderStatus   string `json:"orderStatus"`
	ProductNo     string `json:"productNo"`
	TransactionNo string `json:"transactionNo"`
}

// Words of orderStatus (query-order-list; the enumeration there is cut, so any other word may come
// and means "exists, not known to be final").
const (
	StatusSucceed   = "succeed"
	StatusFailed    = "failed"
	StatusPending   = "pending"
	StatusInvalid   = "invalid"
	StatusCancelled = "cancelled"
	StatusRefunded  = "refunded"
)

// OrderRow is a row of Query Order List, read tolerantly (see read.go): what could not be read is zero.
type OrderRow struct {
	ID          string // the list's own id; it may or may not be the digits of OrderNo
	OrderNo     string
	OrderStatus string
	CreateTime  time.Time       // zero where the row shows none
	ProductNo   string          // "" where the row does not show it
	PONumber    string          // "" where the row does not show it
	Raw         json.RawMessage // the row as it came
}

// OrderPage is one page of Query Order List.
type OrderPage struct {
	PageNo, PageSize, TotalPage, Total int
	Rows                               []OrderRow
}

// OrderDetails is Get Order Details, read tolerantly: what could not be read is zero.
type OrderDetails struct {
	OrderRow
	ProductID     int
	TransactionNo string
	InstanceID    string
	ServiceIDs    []ID // every plan or service id found in the order's lines
	Quantity      int  // 0 where no line shows one, or lines differ
	Raw           json.RawMessage
}
