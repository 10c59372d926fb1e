package store

// Storage classes whose objects must be restored before they can be read.
const (
	Glacier     = "GLACIER"
	DeepArchive = "DEEP_ARCHIVE"
	// The archive tiers of INTELLIGENT_TIERING. A listing does not name an
	// object's tier, an inventory does.
	ArchiveTier     = "INTELLIGENT_TIERING/ARCHIVE_ACCESS"
	DeepArchiveTier = "INTELLIGENT_TIERING/DEEP_ARCHIVE_ACCESS"
)

// Archived says whether an object's storage class is one that must be restored
// before it can be read. One that has been restored keeps its class, so only a
// Get that returns [ErrArchived] proves that it cannot be read now.
func (o Object) Archived() bool {
	switch o.StorageClass {
	case Glacier, DeepArchive, ArchiveTier, DeepArchiveTier:
		return true
	}
	return false
}
