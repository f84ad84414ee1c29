package yeastartest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// codeSuccess is the envelope's code of every call that worked (response-results.html).
const codeSuccess = "success"

// reply is an answer before it is written: the envelope's fields, and the HTTP status beside them, which
// is the envelope's own unless a fault makes them disagree.
type reply struct {
	http       int // 0: status
	status     int
	code       string
	message    string
	requestID  string // "": the request's own
	result     []byte // JSON; nil: null
	retryAfter int    // seconds; 0: none
	order      *LedgerOrder
}

// ok is a success with a result that json can write.
func ok(result any) reply {
	b, err := json.Marshal(result)
	if err != nil {
		panic(fmt.Sprintf("yeastartest: result %T: %v", result, err)) // our own types: cannot be
	}
	return reply{status: http.StatusOK, code: codeSuccess, result: b}
}

// failure is an envelope that says no.
func failure(status int, code, format string, args ...any) reply {
	return reply{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// invalid is the portal's refusal of a parameter: result names the field and the validation tag.
func invalid(field, tag, format string, args ...any) reply {
	return refuse(http.StatusBadRequest, "parameter_validation_failed", field, tag, format, args...)
}

func refuse(status int, code, field, tag, format string, args ...any) reply {
	r := failure(status, code, "%s: %s", field, fmt.Sprintf(format, args...))
	r.result, _ = json.Marshal(struct { // two strings always marshal
		Field string `json:"field"`
		Tag   string `json:"tag"`
	}{field, tag})
	return r
}

// body writes the envelope. By hand: it is on the path of every order.
func (p *reply) body(requestID string) []byte {
	if p.requestID != "" {
		requestID = p.requestID
	}
	b := make([]byte, 0, 160+len(p.message)+len(p.result))
	b = append(b, `{"code":`...)
	b = appendText(b, p.code)
	b = append(b, `,"detailMessage":`...)
	b = appendText(b, p.message)
	b = append(b, `,"requestId":"`...)
	b = append(b, requestID...)
	b = append(b, `","result":`...)
	if p.result == nil {
		b = append(b, "null"...)
	} else {
		b = append(b, p.result...)
	}
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(p.status), 10)
	return append(b, '}')
}

// appendText writes s as a JSON string; what is not UTF-8 comes out as U+FFFD.
func appendText(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // the error only says that a byte was replaced
	return b
}
