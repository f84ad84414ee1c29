package yeastartest

// EchoMode says where the portal shows an order's poNumber again. The portal's pages do not tell.
type EchoMode int

const (
	EchoPONumber EchoMode = iota // in list rows and in details
	EchoDetails                  // in details only
	EchoNone                     // nowhere: an order cannot be recognised by its reference
)

// EchoForm says what a poNumber looks like where it is shown again.
type EchoForm int

const (
	EchoAsSent   EchoForm = iota
	EchoCapitals          // a to z become A to Z
	EchoRemark            // there is no poNumber, but a remark that has it within its text
)

// echo is what a row, or details, show of a poNumber: nil and "" for what they lack. s.mu is held.
func (s *Server) echo(poNumber string, shown bool) (field *string, remark string) {
	if !shown {
		return nil, ""
	}
	text := firstRunes(poNumber, s.opt.EchoCut)
	switch s.opt.EchoForm {
	case EchoCapitals:
		capitals := []byte(text)
		for i, c := range capitals {
			if 'a' <= c && c <= 'z' {
				capitals[i] = c - 'a' + 'A'
			}
		}
		text = string(capitals)
	case EchoRemark:
		if text != "" {
			remark = "PO no. " + text + ", placed through OpenAPI"
		}
		return nil, remark
	}
	return &text, ""
}

// firstRunes gives the first n characters; 0: all.
func firstRunes(s string, n int) string {
	if n == 0 {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
