package edge

import (
	"errors"
	"io"

	"github.com/leadership-ladder/rung/internal/fault"
)

// errCut is the end of a body in the middle of what it brings.
var errCut = errors.New("the upload was cut off")

// Whole reads what a body brings, and tells its end from the connection's:
// nothing that was cut short may be taken for a shorter file. What its reader
// makes of the error goes through [IfCut].
func Whole(r io.Reader) io.Reader { return whole{r} }

type whole struct{ io.Reader }

func (w whole) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	if err != nil && err != io.EOF {
		err = errors.Join(errCut, err)
	}
	return n, err
}

// IfCut makes the error of an upload that was cut off one that its sender reads.
func IfCut(err error) error {
	if err != nil && FaultOf(err) == nil && errors.Is(err, errCut) {
		return Broken(err)
	}
	return err
}

// Broken is the refusal of an upload that didn't come whole.
func Broken(cause error) error {
	return &fault.Error{Kind: fault.Invalid, Text: "The upload broke off, and nothing of it was kept. Send it again.", Cause: cause}
}
