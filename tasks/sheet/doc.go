// Package sheet reads files of orders, spreadsheets and NDJSON, and gives them back with what became of them.
//
// # A CSV file
//
// UTF-8, with or without BOM; comma, semicolon or tab, as the header has it; LF, CRLF or CR. The first line
// names the columns, in any order:
//
//	SN;             Type;              Qty;   Plan;            Start;      label.customer
//	3658B431119665QJ;extensions;       10;    Enterprise Plan; 2026-12-01; acme
//	3658B4311196K2ID;recording minutes;1000;  Enterprise Plan; ;           acme
//
// Columns are called as the fields of an intent are (package tasks), or as people call them: case, space, _,
// -, dots and # make no difference (the table is in name.go). There must be a serial number and a kind, from
// a column or from [Options].Defaults. A column "label.<key>" gives a label, "labels" a JSON object of them.
// All other columns are carried ([Reader.Ignored]), but for those that are one slip of the pen away from a
// field: "notBefor", carried in silence, would be an order sent at once. A column "input.<anything>" is
// carried always.
//
// An empty cell leaves its field out. A quantity is digits alone. A kind is its name, its title, or a name
// the portal has for its service. notBefore is a day (midnight UTC) or a time with its zone. A leading
// apostrophe, which marks text in spreadsheets, is taken off, but in plan, contact and labels only where a
// formula would follow. Empty lines are no rows.
//
// # An NDJSON file
//
// An intent per line, by the rules of [tasks.Decode]: no synonyms, because programs write it. The reference
// may be left out.
//
// # References
//
// A row without a reference gets <batch>/<hash>/<n>: 16 hex digits of the intent's fingerprint, and its
// number among equal rows. The same file under the same batch name has the same references however it is
// sorted, and whatever its labels say. What was said for all rows is part of the intent: with another plan
// it is another order. The row's own reference, once per account and file, stays as it is.
//
// # What is refused
//
// What a spreadsheet may have changed is not guessed at: numbers it shortened, separators of thousands,
// dates with the month in either place, formulas, characters that cannot be seen. Such a row is no order
// ([Row].Invalid says why, with column, value and way out) and does not stop the rest. What is no sheet at
// all is refused by [NewReader], by its name. In between, a file ends where nobody can say where its rows
// begin (a quote that does not close within 64 KiB), or where it turns out to be in another encoding. The
// rows before are sound, and not the whole file: read to the end, then order.
//
// # Results
//
// [Writer] gives the input back in its order, with the columns reference, id, state, orderNo, transactionNo
// and reason. Columns of the input that have these names, or mean the reference, are called input.<name>. A
// cell that a spreadsheet would run has an apostrophe in front. A line of NDJSON becomes
//
//	{"input":{the line},"reference":"…","id":"…","state":"placed","orderNo":"…"}
//
// and not a member beside the intent's own, because the line stays what it was (jq .input gives the batch
// back), and one that is no JSON has its place too, as a string.
//
// Results are a batch again. Each row has its reference then, so that nothing is ordered twice, under
// whatever batch name; the id is held against account and reference, so that reading it for another
// account orders nothing; a row that was refused is refused until it is put right.
//
// # Limits
//
// A row has at most 64 KiB, with results around it as well. Memory grows by some 30 bytes per row. Two equal
// rows are two orders: that is what n counts. A row given a reference of its own after it was ordered under a
// made one is a new order.
package sheet
