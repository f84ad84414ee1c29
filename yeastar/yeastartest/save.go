package yeastartest

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
)

// maxBody is the largest request the portal reads; an order is well below 1 KiB.
const maxBody = 1 << 20

// orderBody is the body of Create an Order as the portal takes it: ids are bare integers. It is declared
// here again, and not taken from the client's package, so that a mistake there is not made here too.
type orderBody struct {
	OperationType string     `json:"operationType"`
	ProductID     int64      `json:"productId"`
	ProductNo     string     `json:"productNo"`
	AssignID      string     `json:"assignId"`
	BillingID     int64      `json:"billingId"`
	PONumber      string     `json:"poNumber"`
	ServiceList   []lineBody `json:"serviceList"`
}

type lineBody struct {
	ConnectionPlanID int64  `json:"connectionPlanId"`
	ServiceType      string `json:"serviceType"`
	ServiceID        int64  `json:"serviceId"`
	Quantity         int64  `json:"quantity"`
	PurchaseType     string `json:"purchaseType"`
	BillingModel     string `json:"billingModel"`
	BillingCycle     string `json:"billingCycle"`
	MultiCycle       int64  `json:"multiCycle"`
}

// readOrder takes the request in; false when it did not come whole. What was not JSON, or had a field of
// the wrong type, is refused later, when the call has been counted.
func (s *Server) readOrder(x *exchange) bool {
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		return false
	}
	x.body = body
	if err != nil {
		large := failure(http.StatusRequestEntityTooLarge, "too_large", "the body is larger than %d bytes", maxBody)
		x.malformed = &large
		return true
	}
	if kind, _, _ := mime.ParseMediaType(x.r.Header.Get("Content-Type")); kind != "application/json" {
		wrong := failure(http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type: create order takes application/json")
		x.malformed = &wrong
	}
	err = json.Unmarshal(body, &x.order, json.RejectUnknownMembers(true))
	var typed *json.SemanticError
	switch {
	case err == nil:
	case errors.As(err, &typed):
		field := strings.ReplaceAll(strings.TrimPrefix(string(typed.JSONPointer), "/"), "/", ".")
		wrong := invalid(field, "type", "wrong type, or no such field")
		x.malformed = &wrong
	default:
		wrong := invalid("body", "json", "not JSON")
		x.malformed = &wrong
	}
	return true
}

// createOrder is Create an Order: everything up to the commit happens under one lock, everything that waits
// happens outside of it.
func (s *Server) createOrder(x *exchange) {
	if !s.passGate() {
		s.cut(x)
		return
	}
	f, p := s.decide(x, false)
	if f == LateCommit {
		s.hang(x)
		if s.pause(s.opt.LateBy) {
			s.decide(x, true)
		}
		s.cut(x)
		return
	}
	s.play(x, f, p)
}

// decide checks the request, chooses its fault and commits. For LateCommit it comes twice: the first
// time chooses, the second commits, if the order is still one that can be.
func (s *Server) decide(x *exchange, late bool) (Fault, reply) {
	s.log.begin()
	defer s.log.end()
	s.mu.Lock()
	if s.pbxByNo[x.order.ProductNo] != nil {
		s.wanted[x.order.ProductNo] = true
	}
	beside := s.strangerOf(x, late)
	if beside.early {
		s.admit(x, beside)
	}
	refusal := x.malformed
	if refusal == nil {
		refusal = s.check(&x.order)
	}
	var f Fault
	if late {
		f = LateCommit
	} else {
		f = s.fateOfOrder(x, refusal != nil)
	}
	var p reply
	made := false
	switch {
	case s.shut: // Close let it out of a hold or a hang: it must not become an order
		f = DropBefore
	case refusal != nil:
		p = *refusal
	case f == LateCommit && !late:
	case f != "" && !s.plays[f].commits:
	default:
		made = true
		p = s.receipt(s.commit(&x.order, f))
	}
	if beside.comes && !beside.early {
		s.admit(x, beside)
	}
	s.mu.Unlock()
	if made {
		s.log.order(*p.order) // on disk before the answer leaves
	}
	if x.stranger != nil && !late {
		s.log.order(*x.stranger)
	}
	return f, p
}

// receipt is the success that create order answers.
func (s *Server) receipt(o LedgerOrder) reply {
	return reply{status: http.StatusOK, code: codeSuccess, order: &o,
		result: o.result(`"` + o.OrderNo + `"`), requestID: sampleRequestID(o.OrderNo)}
}

// result writes the five strings of the sample answers; orderNo is JSON already, "" leaves it out.
func (o *LedgerOrder) result(orderNo string) []byte {
	b := make([]byte, 0, 200)
	b = append(b, `{"instanceId":`...)
	b = appendText(b, o.InstanceID)
	if orderNo != "" {
		b = append(b, `,"orderNo":`...)
		b = append(b, orderNo...)
	}
	b = append(b, `,"orderStatus":`...)
	b = appendText(b, o.Status)
	b = append(b, `,"productNo":`...)
	b = appendText(b, o.ProductNo)
	b = append(b, `,"transactionNo":`...)
	b = appendText(b, o.TransactionNo)
	return append(b, '}')
}
