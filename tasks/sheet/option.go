package sheet

// Format is how a file is written.
type Format string

const (
	CSV    Format = "csv"    // a header and a row per order; comma, semicolon or tab
	NDJSON Format = "ndjson" // an intent per line
	Auto   Format = "auto"   // NDJSON where the first character is {, else CSV
)

// Options say how a file is read.
type Options struct {
	// Batch is the first part of references that are made here, at most 172 characters. Empty: none are
	// made, and a row without one is no order.
	Batch string
	// Account is for rows that name none. Empty: the default account.
	Account string
	// Format is CSV, NDJSON or Auto. Empty: Auto.
	Format Format
	// Defaults are field names (kind, billingCycle, label.customer …) and their values for rows that
	// leave them out, written as a cell is. Empty: not set.
	Defaults map[string]string
}
