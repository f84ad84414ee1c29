package yeastartest

import "orderq/yeastar"

// tutorialNumbers are what a tutorial's sample answer shows; empty for every other order.
type tutorialNumbers struct {
	orderNo, transactionNo, requestID string
}

// tutorials remembers which of the two samples were given out; a sample's numbers are given once.
type tutorials struct{ expand, ha bool }

var (
	expandSample = tutorialNumbers{"EK3206246063826526208", "ER3206246064703135745", "8406e859b03831528275667afc5646ba"}
	haSample     = tutorialNumbers{"YL3206252408495661056", "HX3206252409602957313", "708129833842d0db94fa5f534e18eefc"}
)

// take gives the sample's numbers to the first order that equals a tutorial's request, poNumber apart. The request
// was checked already: what is left are the fields in which a valid one can differ.
func (t *tutorials) take(o *orderBody) tutorialNumbers {
	if len(o.ServiceList) != 1 || o.BillingID != int64(BillingContact) || o.AssignID != "" {
		return tutorialNumbers{}
	}
	line := o.ServiceList[0]
	service := yeastar.ID(line.ServiceID)
	switch {
	case !t.expand && o.ProductNo == TutorialExpandPBX && service == RecordingID && line.Quantity == 1000:
		t.expand = true
		return expandSample
	case !t.ha && o.ProductNo == TutorialHAPBX && service == HighAvailID && line.Quantity == 10:
		t.ha = true
		return haSample
	}
	return tutorialNumbers{}
}

// sampleRequestID is the requestId of a sample's answer, "" for every other order.
func sampleRequestID(orderNo string) string {
	switch orderNo {
	case expandSample.orderNo:
		return expandSample.requestID
	case haSample.orderNo:
		return haSample.requestID
	}
	return ""
}
