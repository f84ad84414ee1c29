package yeastartest

import (
	"fmt"
	"strconv"

	"orderq/yeastar"
)

// The ids of product 13, from the portal's tutorials.
const (
	EnterprisePlan  yeastar.ID = 3048571730026938368
	UltimatePlan    yeastar.ID = 3048572026291630080
	ExtensionsID    yeastar.ID = 3048573516041273344
	RecordingID     yeastar.ID = 3048573759449317376
	HighAvailID     yeastar.ID = 3048573935752720384
	BillingContact  yeastar.ID = 3197218168379846218 // billing@example.com
	AccountsContact yeastar.ID = 3197218168379846219 // accounts@example.com, unless Options.SingleContact
)

// MaxExtensions is the most extensions a cloud PBX can have (expand-extensions tutorial).
const MaxExtensions = 500

// productName is how the portal calls product 13.
const productName = "P-Series Cloud PBX (PCE Instance)"

// The serial numbers of the two tutorials.
const (
	TutorialExpandPBX = "3658B431119665QJ" // 1000 recording minutes are bought for it
	TutorialHAPBX     = "3658B4311196K2ID" // HA for its 10 extensions is bought for it
)

// PBX is a cloud PBX as it stands now.
type PBX struct {
	ProductNo    string // the serial number, 16 capital letters and digits
	Name         string
	InstanceID   string // what create-order answers as instanceId
	PlanID       yeastar.ID
	Plan         string // the name of PlanID
	BillingCycle string // "annually" or "monthly"; it cannot change
	Extensions   int    // 5 to 500
	Minutes      int    // of recording
	HA           bool   // high availability is subscribed
}

type named struct {
	id   yeastar.ID
	name string
}

// plans and services are on offer for product 13, each service under each plan.
func plans() [2]named {
	return [2]named{{EnterprisePlan, "Enterprise Plan"}, {UltimatePlan, "Ultimate Plan"}}
}

func services() [3]named {
	return [3]named{{ExtensionsID, "Extension Expansion"}, {RecordingID, "Recording Minutes"}, {HighAvailID, "High Availability"}}
}

// serviceName is "" for what is not on offer.
func serviceName(id yeastar.ID) string {
	for _, s := range services() {
		if s.id == id {
			return s.name
		}
	}
	return ""
}

// tutorialPBXs are as the tutorials' requests need them.
var tutorialPBXs = [2]PBX{
	{ProductNo: TutorialExpandPBX, Name: "Tutorial Expansion", InstanceID: "1282352", PlanID: EnterprisePlan,
		Plan: "Enterprise Plan", BillingCycle: "annually", Extensions: 20, Minutes: 500},
	{ProductNo: TutorialHAPBX, Name: "Tutorial High Availability", InstanceID: "1280297", PlanID: EnterprisePlan,
		Plan: "Enterprise Plan", BillingCycle: "annually", Extensions: 10},
}

// seedPBXs makes the catalog: the tutorials' two, then others that differ in everything an order depends on.
func seedPBXs(o Options) []*PBX {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	trades := [...]string{"Dental", "Logistics", "Hotel", "Bakery", "Law", "Clinic", "Motors", "School"}
	places := [...]string{"Harbour", "Hill", "River", "Station", "Market", "Garden", "Bridge", "Forest"}
	d := die(o.Seed)
	all := make([]*PBX, 0, o.PBXs)
	taken := make(map[string]bool, o.PBXs)
	add := func(p PBX) {
		taken[p.ProductNo] = true
		p.Extensions = o.Extensions(p.ProductNo, p.Extensions)
		all = append(all, &p)
	}
	for _, p := range tutorialPBXs {
		add(p)
	}
	for n := 0; len(all) < o.PBXs; n++ {
		no := []byte("3658B4311")
		for bits := d.roll("serial", n); len(no) < 16; bits /= uint64(len(letters)) {
			no = append(no, letters[bits%uint64(len(letters))])
		}
		if taken[string(no)] {
			continue
		}
		bits := d.roll("pbx", n)
		plan := plans()[bits&1]
		cycle := [...]string{"annually", "annually", "monthly"}[bits>>8%3]
		add(PBX{
			ProductNo:    string(no),
			Name:         fmt.Sprintf("%s %s %03d", places[bits>>16%8], trades[bits>>24%8], len(all)),
			InstanceID:   strconv.Itoa(1300000 + len(all)),
			PlanID:       plan.id,
			Plan:         plan.name,
			BillingCycle: cycle,
			Extensions:   5 + int(bits>>32%396),
			Minutes:      int(bits>>44%6) * 1000,
			HA:           bits>>52%5 == 0,
		})
	}
	return all
}

// PBX gives one PBX as it stands now; false where there is none of that serial number.
func (s *Server) PBX(productNo string) (PBX, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.pbxByNo[productNo]; p != nil {
		return *p, true
	}
	return PBX{}, false
}

// PBXs gives them all as they stand now, in the catalog's order.
func (s *Server) PBXs() []PBX {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]PBX, len(s.pbxs))
	for i, p := range s.pbxs {
		all[i] = *p
	}
	return all
}
