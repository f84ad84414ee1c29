package yeastartest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// FieldNames says how the order list and order details call what the portal's pages do not name, and how
// they write times. Names that the pages have (id, orderNo, orderStatus, customReferenceNo, the list's
// createTime, basicInformation and all in it, the names of the details' sections) are the same in all.
type FieldNames int

const (
	// NamesUsual are those of the pages for the same things elsewhere: poNumber, transactionNo, serviceId,
	// quantity; times are createTime, in milliseconds. Package yeastar reads them all.
	NamesUsual FieldNames = iota
	// NamesOther: poNo, pricingServiceId, qty; the list's createTime in seconds, the details' orderTime as
	// "2026-03-01 12:00:00". Package yeastar reads them all.
	NamesOther
	// NamesReference: the poNumber stands in customReferenceNo. Package yeastar reads it as no poNumber,
	// so that only a search through the raw row finds it.
	NamesReference
	// NamesForeign: purchaseOrder, paymentNo, sn (the list's productNo), itemId, itemCount, and createdAt in
	// details, in milliseconds. Package yeastar reads none of these six.
	NamesForeign
	namesEnd
)

// wording is one answer's dialect: other names by the usual ones, and how createTime is written.
type wording struct {
	names   map[string]string
	instant func(ms int64) any
}

// wordings gives the dialects of a list row and of details.
func (f FieldNames) wordings() (row, details wording) {
	milliseconds := func(ms int64) any { return ms }
	switch f {
	case NamesOther:
		return wording{map[string]string{"poNumber": "poNo"}, func(ms int64) any { return ms / 1000 }},
			wording{map[string]string{"poNumber": "poNo", "createTime": "orderTime", "serviceId": "pricingServiceId", "quantity": "qty"},
				func(ms int64) any { return time.UnixMilli(ms).UTC().Format(time.DateTime) }}
	case NamesReference:
		same := wording{map[string]string{"poNumber": "customReferenceNo"}, milliseconds}
		return same, same
	case NamesForeign:
		return wording{map[string]string{"poNumber": "purchaseOrder", "transactionNo": "paymentNo", "productNo": "sn"}, milliseconds},
			wording{map[string]string{"poNumber": "purchaseOrder", "transactionNo": "paymentNo", "createTime": "createdAt",
				"serviceId": "itemId", "serviceName": "itemName", "quantity": "itemCount"}, milliseconds}
	}
	return wording{}, wording{}
}

// of says the same in this dialect.
func (w wording) of(answer any) any {
	if w.names == nil {
		return answer
	}
	b, err := json.Marshal(answer)
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		answer = nil
		err = d.Decode(&answer)
	}
	if err != nil {
		panic(fmt.Sprintf("yeastartest: %T: %v", answer, err)) // our own types: cannot be
	}
	return w.reword(answer)
}

func (w wording) reword(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = w.reword(v[i])
		}
	case map[string]any:
		if ms, is := v["createTime"].(json.Number); is {
			n, _ := ms.Int64() // written by us as one
			v["createTime"] = w.instant(n)
		}
		for name := range v {
			v[name] = w.reword(v[name])
		}
		for usual, other := range w.names {
			if value, there := v[usual]; there {
				delete(v, usual)
				v[other] = value // in place of a field of that name, as customReferenceNo is
			}
		}
	}
	return v
}
