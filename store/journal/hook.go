package journal

// WithWrite wraps every write of a line to the journal's file, the header's included: hook gets the line and the real
// write. For tests that fail it, or cut it short.
func WithWrite(hook func(line []byte, write func([]byte) (int, error)) (int, error)) Option {
	return func(j *Journal) {
		real := j.write
		j.write = func(line []byte) (int, error) { return hook(line, real) }
	}
}
