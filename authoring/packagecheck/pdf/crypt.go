package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"hash"
	"io"
)

// Encryption is what is known of a document's.
type Encryption int

const (
	Plain         Encryption = iota // not encrypted
	OpensFreely                     // encrypted, and opened by the empty password
	NeedsPassword                   // the empty password doesn't open it
	OtherKind                       // by a handler that isn't known: whether it opens can't be told
)

// padding fills passwords up (ISO 32000-1, 7.6.3.3).
const padding = "\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a"

// key opens the streams and strings of an encrypted document.
type key struct {
	bytes            []byte
	streams, strings name // how they are encrypted: V2, AESV2, AESV3 or None
}

// crypt finds out whether the empty user password opens the document (ISO
// 32000-1, 7.6.3; ISO 32000-2, 7.6.4 for revisions 5 and 6).
func (d *document) crypt(e dict) (Encryption, int64) {
	get := func(k name) any { return d.resolve(e[k]) }
	owner, _ := get("O").(text)
	user, _ := get("U").(text)
	version, revision, rights := number(get("V"), 0), number(get("R"), 0), number(get("P"), 0)
	if filter, _ := get("Filter").(name); filter != "Standard" || len(user) < 32 || len(owner) < 32 {
		return OtherKind, 0
	}
	streams, strings, length := name("V2"), name("V2"), int64(5)
	switch {
	case version >= 4:
		strings, _ = d.method(e, "StrF", 0)
		streams, length = d.method(e, "StmF", number(get("Length"), 128)/8)
	case version > 1:
		length = number(get("Length"), 40) / 8
	}
	var opened []byte
	switch {
	case revision >= 2 && revision <= 4 && length >= 5 && length <= 16:
		opened = d.openedBefore2(e, revision, int(length), rights, string(owner[:32]), string(user[:32]))
	case revision == 5 || revision == 6:
		wrapped, _ := get("UE").(text)
		if len(user) < 48 || len(wrapped) < 32 {
			return OtherKind, 0
		}
		opened = openedSince2(revision, string(user), string(wrapped[:32]))
	default:
		return OtherKind, 0
	}
	if opened == nil {
		return NeedsPassword, 0
	}
	d.key = &key{opened, streams, strings}
	whole, said := get("EncryptMetadata").(bool)
	d.bare = said && !whole
	return OpensFreely, rights
}

// method is how streams or strings are encrypted by a crypt filter, and with how
// many bytes of a key.
func (d *document) method(e dict, of name, length int64) (name, int64) {
	filters, _ := d.resolve(e["CF"]).(dict)
	used, _ := d.resolve(e[of]).(name)
	filter, _ := d.resolve(filters[used]).(dict)
	method, _ := d.resolve(filter["CFM"]).(name)
	switch {
	case method == "AESV2" || length < 5 || length > 16:
		length = 16
	case method == "":
		method = "None"
	}
	return method, length
}

// openedBefore2 gives the key of the revisions before PDF 2.0, nil where the
// empty password isn't the right one.
func (d *document) openedBefore2(e dict, revision int64, length int, rights int64, owner, user string) []byte {
	ids, _ := d.resolve(d.trailer["ID"]).(array)
	var id text
	if len(ids) > 0 {
		id, _ = d.resolve(ids[0]).(text)
	}
	h := md5.New()
	io.WriteString(h, padding+owner)
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(rights)))
	io.WriteString(h, string(id))
	if whole, said := d.resolve(e["EncryptMetadata"]).(bool); revision == 4 && said && !whole {
		io.WriteString(h, "\xff\xff\xff\xff")
	}
	k := h.Sum(nil)
	if revision == 2 {
		k = k[:length]
		if got := rc4ed(k, []byte(padding)); string(got) != user {
			return nil
		}
		return k
	}
	for range 50 {
		sum := md5.Sum(k[:length])
		k = sum[:]
	}
	k = k[:length]
	sum := md5.Sum([]byte(padding + string(id)))
	got := sum[:]
	for i := range 20 {
		round := bytes.Clone(k)
		for j := range round {
			round[j] ^= byte(i)
		}
		got = rc4ed(round, got)
	}
	if string(got) != user[:16] {
		return nil
	}
	return k
}

func rc4ed(k, data []byte) []byte {
	out := bytes.Clone(data)
	if c, err := rc4.NewCipher(k); err == nil {
		c.XORKeyStream(out, out)
	}
	return out
}

// openedSince2 is openedBefore2 for revisions 5 and 6.
func openedSince2(revision int64, user, wrapped string) []byte {
	digest := func(salt string) []byte {
		sum := sha256.Sum256([]byte(salt))
		if revision == 5 {
			return sum[:]
		}
		return hardened(sum[:])
	}
	if string(digest(user[32:40])) != user[:32] {
		return nil
	}
	block, err := aes.NewCipher(digest(user[40:48]))
	if err != nil {
		return nil
	}
	opened := make([]byte, 32)
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(opened, []byte(wrapped))
	return opened
}

// hardened is algorithm 2.B of ISO 32000-2 for the empty password.
func hardened(k []byte) []byte {
	for i := 0; ; i++ {
		data := bytes.Repeat(k, 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(data, data)
		rest := 0
		for _, b := range data[:16] {
			rest += int(b)
		}
		h := []func() hash.Hash{sha256.New, sha512.New384, sha512.New}[rest%3]()
		h.Write(data)
		if k = h.Sum(nil); i >= 63 && int(data[len(data)-1]) <= i-31 {
			return k[:32]
		}
	}
}

// stream decrypts the bytes of a stream.
func (k *key) stream(r io.Reader, s *stream) (io.Reader, error) {
	if k.streams == "None" {
		return r, nil
	}
	own := k.of(k.streams, s.number, s.generation)
	if k.streams == "V2" {
		c, err := rc4.NewCipher(own)
		if err != nil {
			return nil, errFilter
		}
		return cipher.StreamReader{S: c, R: r}, nil
	}
	block, err := aes.NewCipher(own)
	if err != nil {
		return nil, errFilter
	}
	first := make([]byte, aes.BlockSize)
	if _, err := io.ReadFull(r, first); err != nil {
		return nil, errFilter
	}
	return &blocks{r: r, mode: cipher.NewCBCDecrypter(block, first)}, nil
}

// of gives the key of one object (7.6.2).
func (k *key) of(method name, number, generation uint32) []byte {
	if method == "AESV3" {
		return k.bytes
	}
	h := md5.New()
	h.Write(k.bytes)
	h.Write(binary.LittleEndian.AppendUint32(nil, number)[:3])
	h.Write(binary.LittleEndian.AppendUint32(nil, generation)[:2])
	if method == "AESV2" {
		io.WriteString(h, "sAlT")
	}
	return h.Sum(nil)[:min(len(k.bytes)+5, 16)]
}

// open decrypts the strings of an object that lies in the file by itself.
func (k *key) open(v any, number, generation uint32) any {
	if k.strings == "None" {
		return v
	}
	return opened(v, k.of(k.strings, number, generation), k.strings == "V2")
}

func opened(v any, own []byte, stream bool) any {
	switch v := v.(type) {
	case dict:
		for k, one := range v {
			v[k] = opened(one, own, stream)
		}
	case array:
		for i, one := range v {
			v[i] = opened(one, own, stream)
		}
	case text:
		if stream {
			return text(rc4ed(own, []byte(v)))
		}
		return text(unblocked(own, []byte(v)))
	}
	return v
}

// unblocked decrypts a string of blocks behind its first one, and takes off what
// fills the last. What isn't one gives nothing.
func unblocked(own, b []byte) []byte {
	block, err := aes.NewCipher(own)
	if err != nil || len(b) < 2*aes.BlockSize || len(b)%aes.BlockSize != 0 {
		return nil
	}
	first, b := b[:aes.BlockSize], b[aes.BlockSize:]
	cipher.NewCBCDecrypter(block, first).CryptBlocks(b, b)
	if filled := int(b[len(b)-1]); filled >= 1 && filled <= aes.BlockSize {
		b = b[:len(b)-filled]
	}
	return b
}

// blocks decrypts block by block. The last one's padding is left: what unpacks
// the bytes knows where they end.
type blocks struct {
	r     io.Reader
	mode  cipher.BlockMode
	block [64 * aes.BlockSize]byte
	left  []byte
}

func (c *blocks) Read(b []byte) (int, error) {
	if len(c.left) == 0 {
		n, err := io.ReadFull(c.r, c.block[:])
		if n -= n % aes.BlockSize; n == 0 {
			if err == io.ErrUnexpectedEOF {
				err = io.EOF
			}
			return 0, err
		}
		c.left = c.block[:n]
		c.mode.CryptBlocks(c.left, c.left)
	}
	n := copy(b, c.left)
	c.left = c.left[n:]
	return n, nil
}
