package yeastartest

import "time"

// clock is the portal's own: createTime and the Date header go by it. What counts from one moment to another
// (tokens, the list's lag) goes by Options.Now, as no clock that is merely wrong changes how long a minute is.
func (s *Server) clock() time.Time { return s.opt.Now().Add(time.Duration(s.offset.Load())) }

// SetClockOffset sets the portal's clock ahead of Options.Now by d, or behind it by a negative one. Orders
// that are there keep their createTime, so a newer one may show an earlier time; ids go on rising.
func (s *Server) SetClockOffset(d time.Duration) { s.offset.Store(int64(d)) }
