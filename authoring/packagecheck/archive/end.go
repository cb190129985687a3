package archive

import (
	"encoding/binary"
	"errors"
	"io"
)

const (
	endLen      = 22 // of the end record
	locatorLen  = 20 // of what leads to Zip64's
	end64Len    = 56
	endSign     = "PK\x05\x06"
	locatorSign = "PK\x06\x07"
	end64Sign   = "PK\x06\x06"
	endSearched = 65 << 10 // a comment has at most 64 KB
	endInZip64  = 0xffff
	offsetIn64  = 0xffffffff
)

// claimed reads how many entries the end records claim, 0 where there are none.
// archive/zip makes room for that many before it has seen the first, which for a
// file of two gigabytes can be half a gigabyte of memory: so it is asked before.
func claimed(r io.ReaderAt, size int64) (uint64, error) {
	tail := make([]byte, min(size, endSearched))
	if n, err := r.ReadAt(tail, size-int64(len(tail))); n < len(tail) {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return 0, err
	}
	at := lastEnd(tail)
	if at < 0 {
		return 0, nil
	}
	end := tail[at:]
	entries := uint64(binary.LittleEndian.Uint16(end[10:]))
	if entries != endInZip64 && binary.LittleEndian.Uint32(end[12:]) != endInZip64 && binary.LittleEndian.Uint32(end[16:]) != offsetIn64 {
		return entries, nil
	}
	var locator [locatorLen]byte
	from := size - int64(len(tail)) + int64(at) - locatorLen
	if n, err := r.ReadAt(locator[:], from); n < locatorLen || string(locator[:4]) != locatorSign {
		return entries, notEnd(err)
	}
	var end64 [end64Len]byte
	if n, err := r.ReadAt(end64[:], int64(binary.LittleEndian.Uint64(locator[8:]))); n < end64Len || string(end64[:4]) != end64Sign {
		return entries, notEnd(err)
	}
	return binary.LittleEndian.Uint64(end64[32:]), nil
}

// lastEnd finds the last end record whose comment fits, -1 where there is none.
func lastEnd(tail []byte) int {
	for i := len(tail) - endLen; i >= 0; i-- {
		if string(tail[i:i+4]) == endSign {
			if i+endLen+int(binary.LittleEndian.Uint16(tail[i+20:])) > len(tail) {
				return -1
			}
			return i
		}
	}
	return -1
}

func notEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// trouble is a failure of the reader below, which is no fault of the package.
type trouble struct{ error }

func (t trouble) Unwrap() error { return t.error }

// failure gives the reader's own failure, if err is one.
func failure(err error) error {
	if t, ok := errors.AsType[trouble](err); ok {
		return t.error
	}
	return nil
}

// inside reads a package: places that lie outside of it are the end of the file,
// whatever the reader below says of them, and what fails there is trouble.
type inside struct {
	r    io.ReaderAt
	size int64
}

func (s inside) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	end := min(int64(len(p)), s.size-off)
	n, err := s.r.ReadAt(p[:end], off)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return n, trouble{err}
	case int64(n) == end && end == int64(len(p)):
		return n, nil
	}
	return n, io.EOF
}
