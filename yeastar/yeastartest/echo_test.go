package yeastartest

import (
	"encoding/json"
	"testing"
)

func TestAnEchoIsCutAndShapedAsTheOptionsSay(t *testing.T) {
	t.Parallel()
	const po = "oqkj4thvgdmn4trk6peltd7uvg-12 PO-ü7"
	for name, c := range map[string]struct {
		form             EchoForm
		cut              int
		poNumber, remark string
	}{
		"whole":               {EchoAsSent, 0, po, ""},
		"longer than it":      {EchoAsSent, 200, po, ""},
		"a part of the id":    {EchoAsSent, 20, "oqkj4thvgdmn4trk6pel", ""},
		"the id alone":        {EchoAsSent, 26, "oqkj4thvgdmn4trk6peltd7uvg", ""},
		"another attempt's":   {EchoAsSent, 28, "oqkj4thvgdmn4trk6peltd7uvg-1", ""},
		"without the other's": {EchoAsSent, 29, "oqkj4thvgdmn4trk6peltd7uvg-12", ""},
		"characters":          {EchoAsSent, 34, "oqkj4thvgdmn4trk6peltd7uvg-12 PO-ü", ""},
		"capitals":            {EchoCapitals, 0, "OQKJ4THVGDMN4TRK6PELTD7UVG-12 PO-ü7", ""},
		"capitals, cut":       {EchoCapitals, 27, "OQKJ4THVGDMN4TRK6PELTD7UVG-", ""},
		"a remark":            {EchoRemark, 0, "", "PO no. " + po + ", placed through OpenAPI"},
		"a remark, cut":       {EchoRemark, 29, "", "PO no. oqkj4thvgdmn4trk6peltd7uvg-12, placed through OpenAPI"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, Options{EchoForm: c.form, EchoCut: c.cut})
			made := decode[orderJSON](t, p.mustSave(minutes(po)))
			type echoed struct{ PONumber, Remark *string }
			row := decode[struct{ Results []echoed }](t, p.get(listPath)).Results[0]
			details := decode[struct{ OrderInformation echoed }](t, p.get("/order/openapi/order/v1/get/"+made.OrderNo)).OrderInformation
			for where, got := range map[string]echoed{"row": row, "details": details} {
				if (got.PONumber == nil) != (c.form == EchoRemark) || text(got.PONumber) != c.poNumber || text(got.Remark) != c.remark {
					t.Errorf("%s: poNumber %q, remark %q", where, text(got.PONumber), text(got.Remark))
				}
			}
			if got := p.Ledger().Orders[0].PONumber; got != po {
				t.Errorf("the ledger has %q", got)
			}
		})
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func TestAnEchoChangesInFlightAndOfAllOrders(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.mustSave(minutes("canary-1"))
	shown := func() string { return decode[listJSON](t, p.get(listPath)).Results[0].PONumber }
	p.SetEchoCut(6)
	p.SetEchoForm(EchoCapitals)
	if got := shown(); got != "CANARY" {
		t.Errorf("got %q", got)
	}
	p.SetEchoCut(0)
	p.SetEchoForm(EchoAsSent)
	if got := shown(); got != "canary-1" {
		t.Errorf("got %q", got)
	}
}

func TestARemarkIsNotShownWhereNothingIsEchoed(t *testing.T) {
	t.Parallel()
	p := open(t, Options{EchoForm: EchoRemark, Echo: EchoDetails, OldOrders: -1})
	p.mustSave(minutes("canary-1"))
	rows := decode[struct {
		Results []map[string]json.RawMessage
	}](t, p.get(listPath))
	if got := rows.Results[0]; got["remark"] != nil || got["poNumber"] != nil {
		t.Errorf("got %s", got)
	}
	p.Place(TutorialHAPBX, RecordingID, 1, "") // nobody's poNumber is no remark
	made := p.Ledger().Orders[1].OrderNo
	if got := decode[struct {
		OrderInformation map[string]json.RawMessage
	}](t, p.get("/order/openapi/order/v1/get/"+made)).OrderInformation; got["remark"] != nil {
		t.Errorf("got %s", got)
	}
}
