// Package intake takes a batch file in: rows become held orders as they are read, some hundred in one script.
//
// To take the same file in again, whole or after it was cut off, makes no order twice and says which rows were there;
// a changed file adds its new rows. A row that is no order is kept with its reason and stops nobody.
package intake
