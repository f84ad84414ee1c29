package yeastartest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Fault is a way in which the portal misbehaves. Names ending in _before leave no order behind, names
// ending in _after strike when the order stands. On a call that creates nothing both do the same.
type Fault string

const (
	DropBefore      Fault = "drop_before"        // connection closed without an answer, RST or FIN by seed
	DropAfter       Fault = "drop_after"         //
	ResetAfter      Fault = "rst_after"          // the same, always RST
	CloseAfter      Fault = "fin_after"          // the same, always FIN
	UnreadBefore    Fault = "unread_before"      // RST while the request's body is unread; with FailOn, which has to read, after it
	HangBefore      Fault = "hang_before"        // no answer until the client is gone
	HangAfter       Fault = "hang_after"         //
	LateCommit      Fault = "late_commit"        // no answer until the client is gone; then (and Options.LateBy later) the order is made
	Error500Before  Fault = "500_before"         // HTTP 500 with an envelope that says so
	Error500After   Fault = "500_after"          //
	Error502Before  Fault = "502_before"         // a gateway's HTML page
	Error502After   Fault = "502_after"          //
	Error503Before  Fault = "503_before"         // a gateway's HTML page
	Error503After   Fault = "503_after"          //
	Error504Before  Fault = "504_before"         // a gateway's HTML page
	Error504After   Fault = "504_after"          //
	GarbageBefore   Fault = "garbage_before"     // 200 and bytes that are not JSON
	GarbageAfter    Fault = "garbage_after"      //
	HTMLBefore      Fault = "html_before"        // 200 and a sign-in page
	HTMLAfter       Fault = "html_after"         //
	HalfAfter       Fault = "half_after"         // the right answer's Content-Length and half of its bytes
	HeaderAfter     Fault = "header_after"       // the answer ends in the middle of its header
	CutJSONAfter    Fault = "cutjson_after"      // an answer that is whole as HTTP, and its JSON breaks off
	EmptyAfter      Fault = "empty_after"        // 200 without a body
	DripAfter       Fault = "drip_after"         // the right answer, one byte per Options.DripEvery
	BigAfter        Fault = "big_after"          // the right answer inside 64 MiB of envelope
	EndlessAfter    Fault = "endless_after"      // the same in chunks that never end, until the client is gone
	BombAfter       Fault = "bomb_after"         // the same as 64 KiB of gzip, asked for or not
	NoNumberAfter   Fault = "nonumber_after"     // success without an orderNo
	WrongTypeAfter  Fault = "wrongtype_after"    // success whose orderNo is a number
	TwiceAfter      Fault = "twice_after"        // an envelope that has its code twice, success and not
	FailCodeBefore  Fault = "failcode_before"    // HTTP and envelope 200 with a failure code
	FailCodeAfter   Fault = "failcode_after"     //
	DisagreeAfter   Fault = "disagree_after"     // HTTP 200, envelope 500, code success
	Disagree502     Fault = "disagree_502_after" // HTTP 502 around an envelope that refuses with 400
	Conflict409     Fault = "409_after"          // an envelope with a status that no page of the portal names
	Redirect307     Fault = "redirect_307"       // to the same call; nothing is made unless the client follows
	Redirect308     Fault = "redirect_308"       //
	Refused400      Fault = "400"                // refused in the envelope, parameter_validation_failed
	Denied401       Fault = "401"                // refused in the envelope; the token stays good
	Denied403       Fault = "403"                //
	Denied403After  Fault = "403_after"          // the same, and the order is made
	TooMany429      Fault = "429"                // refused in the envelope, with Retry-After
	TooMany429After Fault = "429_after"          // the same, and the order is made
)

// Faults gives faults their probability per create-order call; 401 and 429 strike reads too. One throw
// per request decides, so the probabilities add up to at most 1. The token call is spared. UnreadBefore is
// thrown for first and goes by the call's place among its like: a body that nobody read has no poNumber.
type Faults map[Fault]float64

// conduct is what a fault does: whether the order is made first, and how the answer goes wrong.
type conduct struct {
	commits bool
	play    func(s *Server, x *exchange, right reply)
}

// conducts is the whole repertoire. A function, not a variable: the plays refer back to the server.
func conducts() map[Fault]conduct {
	return map[Fault]conduct{
		DropBefore: {false, playDrop}, DropAfter: {true, playDrop},
		HangBefore: {false, playHang}, HangAfter: {true, playHang},
		ResetAfter: {true, playReset}, CloseAfter: {true, playClose}, UnreadBefore: {false, playReset},
		LateCommit:     {true, playHang},
		Error500Before: {false, playFailure(500, "internal_error")}, Error500After: {true, playFailure(500, "internal_error")},
		Error502Before: {false, playGateway(502)}, Error502After: {true, playGateway(502)},
		Error503Before: {false, playGateway(503)}, Error503After: {true, playGateway(503)},
		Error504Before: {false, playGateway(504)}, Error504After: {true, playGateway(504)},
		GarbageBefore: {false, playGarbage}, GarbageAfter: {true, playGarbage},
		HTMLBefore: {false, playHTML}, HTMLAfter: {true, playHTML},
		HalfAfter: {true, playHalf}, HeaderAfter: {true, playHeader}, EmptyAfter: {true, playEmpty},
		CutJSONAfter: {true, playCutJSON}, DripAfter: {true, playDrip},
		BigAfter: {true, playBig}, EndlessAfter: {true, playEndless}, BombAfter: {true, playBomb},
		NoNumberAfter: {true, playNoNumber}, WrongTypeAfter: {true, playWrongType}, TwiceAfter: {true, playTwice},
		FailCodeBefore: {false, playFailCode}, FailCodeAfter: {true, playFailCode},
		DisagreeAfter: {true, playDisagree}, Disagree502: {true, playDisagree502},
		Conflict409: {true, playFailure(409, "conflict")},
		Redirect307: {false, playRedirect(307)}, Redirect308: {false, playRedirect(308)},
		Refused400: {false, playRefusal},
		Denied401:  {false, playFailure(401, "token_invalid")},
		Denied403:  {false, playFailure(403, "access_denied")}, Denied403After: {true, playFailure(403, "access_denied")},
		TooMany429: {false, playTooMany}, TooMany429After: {true, playTooMany},
	}
}

// FaultNames lists every fault, sorted.
func FaultNames() []Fault { return slices.Sorted(maps.Keys(conducts())) }

// check refuses a name that is no fault, and lists those that are.
func (f Fault) check() error {
	if _, known := conducts()[f]; known {
		return nil
	}
	names := make([]string, 0, 48)
	for _, name := range FaultNames() {
		names = append(names, string(name))
	}
	return fmt.Errorf("unknown fault %q: use one of %s", string(f), strings.Join(names, " "))
}

func (f Faults) validate() error {
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if err := name.check(); err != nil {
			return err
		}
		if p := f[name]; !(p >= 0 && p <= 1) { // so written, NaN fails too
			return fmt.Errorf("fault %s: probability %v: use a number from 0 to 1", name, p)
		}
		sum += f[name]
	}
	if sum > 1+1e-9 {
		return fmt.Errorf("faults: the probabilities add up to %.4g: at most 1, one throw decides for each request", sum)
	}
	return nil
}

// ParseFaults reads "drop_after:0.1,500_before:0.05"; empty text is no fault at all.
func ParseFaults(text string) (Faults, error) {
	f := Faults{}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, number, found := strings.Cut(part, ":")
		if err := Fault(name).check(); err != nil {
			return nil, err
		}
		p, err := strconv.ParseFloat(number, 64)
		if !found || err != nil {
			return nil, fmt.Errorf("fault %s: probability %q is not a number: write %s:0.1", name, number, name)
		}
		if _, twice := f[Fault(name)]; twice {
			return nil, fmt.Errorf("fault %s: given twice", name)
		}
		f[Fault(name)] = p
	}
	return f, f.validate()
}
