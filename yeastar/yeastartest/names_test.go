package yeastartest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"orderq/yeastar"
)

// documented are the names that every portal must use, whatever it calls the rest.
const documented = "createTime currencyCode customReferenceNo id invoiceNo orderNo orderStatus"

func TestDocumentedNamesStayInEveryDialect(t *testing.T) {
	t.Parallel()
	for f := range namesEnd {
		p := open(t, Options{FieldNames: f, RowProductNo: true})
		made := decode[orderJSON](t, p.mustSave(minutes("oqkj4thvgdmn4trk6peltd7uvg-1")))
		row := decode[struct{ Results []map[string]any }](t, p.get(listPath)).Results[0]
		for name := range strings.FieldsSeq(documented) {
			if _, there := row[name]; !there {
				t.Errorf("dialect %d: a row without %s: %v", f, name, slices.Sorted(maps.Keys(row)))
			}
		}
		if _, number := row["createTime"].(float64); !number || row["orderNo"] != made.OrderNo {
			t.Errorf("dialect %d: %v", f, row)
		}
		d := decode[struct {
			BasicInformation                                   struct{ ProductID, ProductName, ProductNo string }
			BillingInformation, OrderInformation, OrderSummary json.RawMessage
		}](t, p.get("/order/openapi/order/v1/get/"+made.OrderNo))
		if d.BasicInformation.ProductNo != TutorialExpandPBX || d.BillingInformation == nil || d.OrderInformation == nil || d.OrderSummary == nil {
			t.Errorf("dialect %d: details %+v", f, d)
		}
	}
}

func TestADialectRenamesOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	const at = "1772366400" // newClock's, in seconds
	for f, want := range map[FieldNames]struct{ list, details string }{
		NamesUsual:     {`"createTime":` + at + `000`, `"createTime":` + at + `000`},
		NamesOther:     {`"createTime":` + at + `,`, `"orderTime":"2026-03-01 12:00:00"`},
		NamesReference: {`"createTime":` + at + `000`, `"createTime":` + at + `000`},
		NamesForeign:   {`"createTime":` + at + `000`, `"createdAt":` + at + `000`},
	} {
		p := open(t, Options{FieldNames: f, Now: newClock().now, OldOrders: -1})
		made := decode[orderJSON](t, p.mustSave(minutes("canary-1")))
		list, details := p.get(listPath), p.get("/order/openapi/order/v1/get/"+made.OrderNo)
		if !strings.Contains(string(list.body), want.list) || !strings.Contains(string(details.body), want.details) {
			t.Errorf("dialect %d: want %s and %s in\n%s\n%s", f, want.list, want.details, list.body, details.body)
		}
		if basic := decode[struct{ BasicInformation map[string]any }](t, details).BasicInformation; len(basic) != 3 {
			t.Errorf("dialect %d: basicInformation %v", f, basic)
		}
	}
}

// What the client reads of each dialect is said in FieldNames' comments; it is so.
func TestTheClientReadsWhatTheDialectsPromise(t *testing.T) {
	t.Parallel()
	const po = "oqkj4thvgdmn4trk6peltd7uvg-1"
	type read struct {
		listTime, rowProduct, poNumber, detailTime, quantity, service, transaction bool
		raw                                                                        bool // the reference is somewhere in the details as they came
	}
	for f, want := range map[FieldNames]read{
		NamesUsual:     {true, true, true, true, true, true, true, true},
		NamesOther:     {true, true, true, true, true, true, true, true},
		NamesReference: {true, true, false, true, true, true, true, true},
		NamesForeign:   {true, false, false, false, false, false, false, true},
	} {
		c := newClock()
		p := open(t, Options{FieldNames: f, RowProductNo: true, Now: c.now})
		p.mustSave(minutes(po))
		made := p.Ledger().Orders[0]
		client, err := yeastar.New(yeastar.Config{BaseURL: p.URL(), ClientID: p.ClientID(), ClientSecret: yeastar.Secret(p.ClientSecret()), Now: c.now})
		if err != nil {
			t.Fatal(err)
		}
		page, err := client.OrderPage(t.Context(), 1, 25)
		if err != nil || page.Rows[0].OrderNo != made.OrderNo || page.Rows[0].ID != made.ID || page.Rows[0].OrderStatus != "succeed" {
			t.Fatalf("dialect %d: %+v, %v", f, page.Rows, err)
		}
		d, err := client.OrderDetails(t.Context(), made.ID)
		if err != nil || d.OrderNo != made.OrderNo || d.ProductNo != made.ProductNo {
			t.Fatalf("dialect %d: %+v, %v", f, d, err)
		}
		client.Close()
		row := page.Rows[0]
		same := func(at time.Time) bool { return at.Equal(made.At) }
		got := read{same(row.CreateTime), row.ProductNo == made.ProductNo, row.PONumber == po && d.PONumber == po, same(d.CreateTime), d.Quantity == 1000,
			slices.Equal(d.ServiceIDs, []yeastar.ID{RecordingID}), d.TransactionNo == made.TransactionNo, strings.Contains(string(d.Raw), po)}
		if got != want {
			t.Errorf("dialect %d: got %+v, want %+v", f, got, want)
		}
		if !got.poNumber && (row.PONumber != "" || d.PONumber != "") || !got.quantity && d.Quantity != 0 || !got.service && len(d.ServiceIDs) > 0 {
			t.Errorf("dialect %d: what it cannot read it reads wrongly: %+v", f, d)
		}
	}
}

func TestNamesChangeInFlight(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.SetFieldNames(NamesReference)
	p.mustSave(minutes("canary-1"))
	if got := decode[listJSON](t, p.get(listPath)).Results[0]; got.CustomReferenceNo != "canary-1" || got.PONumber != "" {
		t.Errorf("got %+v", got)
	}
}
