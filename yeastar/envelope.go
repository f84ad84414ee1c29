package yeastar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const codeSuccess = "success"

const (
	maxDetail  = 800 // runes: a log line
	maxMessage = 400 // runes of the portal's own words: a sentence or two
)

// envelope is what every answer comes in (response-results).
type envelope struct {
	Code      string
	Message   string // detailMessage
	RequestID string
	Status    int // 0: it names none
	Result    jsontext.Value
}

func (e envelope) success() bool { return e.Code == codeSuccess }

func (e envelope) String() string {
	s := e.Code
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.RequestID != "" {
		s += " (request " + e.RequestID + ")"
	}
	return s
}

// readEnvelope is strict where a wrong reading would cost: one object and nothing after it, valid UTF-8,
// no name twice at any depth, a code that is a word, a status that is one if it is there. What only
// informs (detailMessage, requestId) may be anything.
func readEnvelope(b []byte) (envelope, error) {
	var in struct {
		Code      *string        `json:"code"`
		Message   jsontext.Value `json:"detailMessage"`
		RequestID jsontext.Value `json:"requestId"`
		Status    jsontext.Value `json:"status"`
		Result    jsontext.Value `json:"result"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		var syntax *jsontext.SyntacticError
		if errors.As(err, &syntax) {
			return envelope{}, fmt.Errorf("not JSON as it should be (%w)", syntax.Err)
		}
		return envelope{}, errors.New("not an object with a code")
	}
	if in.Code == nil || *in.Code == "" {
		return envelope{}, errors.New("no code")
	}
	e := envelope{
		Code:      *in.Code,
		Message:   informing(in.Message),
		RequestID: informing(in.RequestID),
		Result:    in.Result,
	}
	if s := string(in.Status); s != "" && s != "null" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 100 || n > 599 {
			return envelope{}, errors.New("a status that is none")
		}
		e.Status = n
	}
	return e, nil
}

// informing gives a string's text, nothing for null, and any other value as it is written.
func informing(v jsontext.Value) string {
	var s string
	if v == nil || json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}

// readOrderResult reads the result of Create an Order. A number or a string is taken for each field that is
// only kept; an orderNo must be a string, as the page says, and look like one: a bare number is something
// else than the order number that the portal's list will show. Anything else leaves them empty.
func readOrderResult(v jsontext.Value) OrderResult {
	n := parseTree(v)
	r := OrderResult{
		InstanceID:    n.text("instanceId"),
		OrderNo:       n.text("orderNo"),
		OrderStatus:   n.text("orderStatus"),
		ProductNo:     n.text("productNo"),
		TransactionNo: n.text("transactionNo"),
	}
	if !n.get("orderNo").is('"') || !isOrderNo(r.OrderNo) {
		r.OrderNo = ""
	}
	return r
}

// orderNamed gives what a result shows under orderNo, of whatever type and wherever it stands, if it may be the
// number of an order. readOrderResult is strict, because what it reads is recorded; as strict a reading here
// would take an answer that speaks of an order for the proof that there is none.
func orderNamed(v jsontext.Value) (shown string) {
	parseTree(v).walk(func(n *node) bool {
		n.get("orderNo").walk(func(no *node) bool {
			if shown == "" && strings.ContainsAny(no.lit, "123456789") {
				shown = no.lit
			}
			return shown == ""
		})
		return shown == ""
	})
	return shown
}

// isOrderNo: the samples have two letters and 19 digits, the format is not promised. What is asked for is
// something that can be looked up again: at most 64 letters, digits, hyphens or underscores, a digit among them.
func isOrderNo(s string) bool {
	return isKey(s) && strings.ContainsAny(s, "123456789")
}

func isKey(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// oneLine makes foreign text fit for a log line or a terminal: no control or format characters, at most limit runes.
func oneLine(s string, limit int) string {
	n := 0
	return strings.Map(func(r rune) rune {
		if n++; n > limit {
			return -1
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, s)
}
