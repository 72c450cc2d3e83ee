// Every limit of the router, with its unit and its reason.
#pragma once

#include <cstddef>

#include "statemachine/ids.h"

namespace guichet::router {

inline constexpr size_t kCommandQueue = 16384;  // commands of a shard waiting; beyond: RESOURCE_EXHAUSTED / OVERLOADED
inline constexpr size_t kBatchCommands = 1024;  // decided before a batch is handed to the store
inline constexpr size_t kRoutesPerTurn =
    512;  // sessions and technicians that routing looks at before commands have their turn again
inline constexpr size_t kExplainedDecisions = 100;  // the latest of one session in an explanation
inline constexpr size_t kToldPerMs = 10;            // who look at one queue are told, over time; a tenth of a thread
inline constexpr size_t kSignalPayloadBytes = 64 << 10;
inline constexpr size_t kSignalTypeBytes = 64;
inline constexpr size_t kSignalsQueued = 256;           // of one receiver
inline constexpr size_t kSignalBytesQueued = 1 << 20;   // of one receiver; the last may go beyond it
inline constexpr size_t kSignalBytesInAll = 256 << 20;  // of all receivers
inline constexpr size_t kSignalResults = 64;            // not read by their sender; it is not read from meanwhile
inline constexpr size_t kLookersPerSession = 4;         // WatchPosition streams of one customer: his windows
inline constexpr size_t kPositionStreams = 50000;       // WatchPosition streams, as many as devices
inline constexpr size_t kBatchesToPublish = 64;  // durable and not told to watchers; beyond it commits wait, of all shards
inline constexpr size_t kBatchesInFlight = 8;    // handed to the store and not durable
inline constexpr size_t kRequestIds = 65536;     // remembered an organization
inline constexpr Duration kRequestIdAge = std::chrono::hours(24);
inline constexpr size_t kLogPage = 256;            // entries read from the log at a time
inline constexpr size_t kRetainedLog = 1000000;    // entries kept, an organization; older resume tokens expire
inline constexpr size_t kTrimStep = 65536;         // entries trimmed at a time
inline constexpr size_t kWatchers = 20000;         // watch streams of the daemon
inline constexpr size_t kDeviceStreams = 50000;    // Attach streams
inline constexpr size_t kAgentStreams = 100000;    // AttachComputer streams: as many as computers of an organization
inline constexpr size_t kNewcomers = 10000;        // Attach and AttachComputer streams whose hello is awaited or looked at
inline constexpr size_t kConsoleStreams = 20000;   // AttachConsole streams
inline constexpr size_t kCommandStreams = 1000;    // ExecuteCommands streams
inline constexpr size_t kCommandsInFlight = 1024;  // of one ExecuteCommands stream
inline constexpr int kConnections = 250000;        // of the daemon: all streams below on connections of their own
inline constexpr int kDescriptorsNeeded = 256;     // fewer, and the daemon does not start
inline constexpr int kDescriptorsReserved = 4096;  // for the store; at most a quarter of all
inline constexpr size_t kAcceptedAtOnce = 64;      // of one listening socket, before the others have their turn
inline constexpr int kHandshakeMs = 10000;         // TLS and the first frame; then the connection is closed
inline constexpr int kKeepaliveMs = 60000;         // of silence, until a connection is asked whether it is there
inline constexpr int kKeepaliveTimeoutMs = 20000;  // … for its answer
inline constexpr int kConnectionIdleMs = 600000;   // without a call; then it is asked to leave
inline constexpr size_t kSnapshotPart = 100;       // entries in one message of a snapshot
inline constexpr size_t kDeliveriesPage = 8;       // invitations that a watcher of deliveries holds: few, since they grow stale
inline constexpr size_t kMessageBytes = (1 << 20);  // largest request: 1,000 technicians with names, groups and skills fit
inline constexpr size_t kMetadataBytes = 8 * 1024;
inline constexpr size_t kTlsFileBytes = 1 << 20;  // of a PEM file: a bundle with every public authority is a quarter of it
inline constexpr size_t kPinsLive = 100000;       // of all lengths: an hour of a million sessions a day
inline constexpr size_t kShortPinsLive = 1000;    // of 6 digits: a guess hits one with a chance of 0.1 % at most
inline constexpr size_t kLiveScan = 5000;  // live sessions looked at for one page of a filtered list, on the writer's thread
inline constexpr size_t kChatPageBytes = 256 << 10;  // that a chat watch holds
inline constexpr size_t kChatsOfTechnicians = 32;    // watches of one session's chat
inline constexpr size_t kChatsOfCustomer = 4;        // … by its customer: an applet and its reconnections
inline constexpr size_t kHistoryScan = 10000;        // ended sessions looked at for one page of a filtered list
inline constexpr size_t kPageBytes = 1 << 20;        // a page of texts ends early: clients take 4 MiB unless they ask for more
inline constexpr size_t kHistoryEvents = 200;        // of each session in a device's history
inline constexpr Duration kAgentGrace = std::chrono::seconds(20);  // without heartbeats until a computer is offline
inline constexpr int kPageDefault = 50;
inline constexpr int kPageMax = 500;
inline constexpr Duration kBookmarkEvery = std::chrono::seconds(10);
inline constexpr Duration kRedeemRepeat =
    std::chrono::minutes(2);                // how long a redeemed code may be redeemed again by the same request
inline constexpr size_t kCheckpoints = 16;  // kept by the daemon: each holds disk space that the store has long let go
inline constexpr Duration kRetryDelay = std::chrono::milliseconds(200);
inline constexpr Duration kDiskRetryDelay = std::chrono::seconds(30);  // somebody must make room
inline constexpr Duration kSlowReader = std::chrono::minutes(1);       // a receiver that takes nothing for so long is cut off
inline constexpr Duration kHelloWithin = std::chrono::seconds(10);     // a stream that says nothing is closed

// Wrong codes within kGuessWindow; beyond them codes are refused until the window has passed.
inline constexpr Duration kGuessWindow = std::chrono::minutes(10);
inline constexpr size_t kGuessesPerDevice = 10;  // … at one address
inline constexpr size_t kGuessesPerPeer = 100;   // an address may stand for an office
// Budgets of expected hits (codes.h): what guesses may take of each before they are refused, and what it gets back in
// kBudgetRefill. All of them make 1 % a day. Those of 6 digits have most of it: a longer PIN needs a thousandth.
inline constexpr double kHitBudget = 0.001;
inline constexpr double kLongHitBudget = kHitBudget / 8;  // of 9, 12, 15 digits
inline constexpr Duration kBudgetRefill = std::chrono::hours(24);
inline constexpr double kLengthenAt = 0.5;    // of a budget spent: PINs get longer; the rest is for those that are live then
inline constexpr double kShortenBelow = 0.4;  // PINs have that length again
inline constexpr size_t kGivenBack = 2;       // wrong guesses that a right code makes good …
inline constexpr Duration kGiveBackWithin = std::chrono::minutes(2);  // … if they are no older
inline constexpr double kPeerPart = 0.5;  // of each budget that one address may spend: none can spend one alone
inline constexpr Duration kKnownFor = std::chrono::hours(7 * 24);  // after a right code: an office has one each week
inline constexpr size_t kKnownPeers = 100000;                      // beyond it the one known first is forgotten
inline constexpr size_t kArrivals = 60;        // of one device that change its session, in a window: they are kept for ever
inline constexpr size_t kFormsPerPeer = 1000;  // channel forms of one address in a window: an office, not a flood
inline constexpr size_t kGuessersTracked = 100000;  // addresses and devices remembered; beyond it the oldest window is dropped

// Hours of a channel.
inline constexpr size_t kOpenIntervals = 50;                           // 7 a day
inline constexpr size_t kDaysOff = 200;                                // ten years of 20
inline constexpr Duration kHoursAhead = std::chrono::hours(24 * 731);  // how far the next change is looked for: any two years

// Rules of a channel's custom fields.
inline constexpr size_t kFieldLabelChars = 64;
inline constexpr size_t kFieldChoices = 50;      // a menu that a person reads
inline constexpr size_t kFieldChoiceChars = 64;  // the shortest custom field
inline constexpr size_t kPatternBytes = 256;
inline constexpr int64_t kPatternMemory = 64 * 1024;  // bytes of a compiled pattern: bounds the work of each form, too

// A technician's library.
inline constexpr size_t kLibraryCategoryChars = 64;         // as a name
inline constexpr size_t kLibraryDocumentBytes = 384 << 10;  // 64 KiB of "&" in 500 items are 339 KiB of XML

}  // namespace guichet::router
