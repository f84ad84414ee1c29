// Package batch keeps batches: what a file asked for row by row, and which of its orders may go to the queue.
//
// A batch is a name. Its id is made from that, so the same name is the same batch, whoever applies it, and a file that
// was cut off, or changed, is simply applied again: a row whose order is there makes no second. Rows are kept as they
// stood in the file last applied; an order that only an earlier file asked for stays an order of the batch.
//
// Orders of a batch are held when they are accepted. Release lets so many of them go that the queue never has more
// than a window: whatever is not released yet can be cancelled, costs the queue nothing, and stands in nobody's way.
//
// Who applies holds the batch's token, and a later apply takes it over: two files never mix their rows. Nothing here
// decides what is sent; that is the gate's.
package batch
