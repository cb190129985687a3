package preview

import (
	"context"
	"errors"
	"io"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
)

// smallFile is how large a file may be to be unpacked into memory, where its
// checksum is known before a byte of it is sent.
const smallFile = 1 << 20

// unpacked reads a packed file from anywhere: forward by passing over what lies
// between, backward by beginning again. Films have to be sought in.
type unpacked struct {
	ctx  context.Context
	e    *archive.Entry
	turn func(context.Context) (giveBack func(), err error) // to pass over bytes: work that nothing is sent for
	r    io.ReadCloser                                      // nil before the first read
	at   int64                                              // where r is
	want int64                                              // where the next read begins
}

var errSeek = errors.New("seeking before the beginning")

// Seek only notes where to read: the size is asked for by seeking to the end.
func (u *unpacked) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += u.want
	case io.SeekEnd:
		offset += u.e.Size
	}
	if offset < 0 {
		return 0, errSeek
	}
	u.want = offset
	return offset, nil
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.want >= u.e.Size {
		return 0, io.EOF
	}
	if u.r == nil || u.want < u.at {
		if err := u.restart(); err != nil {
			return 0, err
		}
	}
	if u.want > u.at {
		if err := u.pass(); err != nil {
			return 0, err
		}
	}
	n, err := u.r.Read(p)
	u.at += int64(n)
	u.want = u.at
	return n, err
}

func (u *unpacked) pass() error {
	giveBack, err := u.turn(u.ctx)
	if err != nil {
		return err
	}
	defer giveBack()
	n, err := io.CopyN(io.Discard, u.r, u.want-u.at)
	u.at += n
	return err
}

func (u *unpacked) restart() error {
	u.Close()
	r, err := u.e.Reader(u.ctx)
	if err != nil {
		return err
	}
	u.r, u.at = r, 0
	return nil
}

// Close ends reading.
func (u *unpacked) Close() {
	if u.r != nil {
		u.r.Close()
		u.r = nil
	}
}
