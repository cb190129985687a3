// Package houserules keeps the layout of the project true: its tests read the
// imports and calls of all packages, and the names of the migrations. It holds
// no code.
package houserules
