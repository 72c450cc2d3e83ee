// Every limit of the core, with its unit and its reason. Raising one costs memory a session; lowering one breaks stored
// sessions only where a comment says so.
#pragma once

#include <array>
#include <cstddef>

#include "statemachine/ids.h"

namespace guichet::limits {

inline constexpr size_t kIdBytes = 63;                                               // a DNS label, so that ids fit anywhere
inline constexpr size_t kDisplayNameChars = 64;                                      // domain.md §5
inline constexpr size_t kNameChars = 64;                                             // domain.md §5
inline constexpr std::array<size_t, 5> kCustomFieldChars = {512, 512, 256, 64, 64};  // domain.md §5
inline constexpr size_t kTrackingIdChars = 64;                                       // domain.md §5
inline constexpr size_t kLanguageBytes = 35;       // longest BCP 47 tag that software must accept (RFC 5646)
inline constexpr size_t kPlatformBytes = 64;       // a product name and a version
inline constexpr size_t kDeviceIdBytes = 128;      // two UUIDs and a prefix
inline constexpr size_t kCommentChars = 512;       // fits a tile
inline constexpr size_t kStatusReasonChars = 128;  // fits a tooltip
inline constexpr size_t kTermsChars = 4096;        // one screen page; longer terms belong behind a link in them
inline constexpr size_t kConsoleNameChars = 64;
inline constexpr size_t kRequestIdBytes = 64;  // a UUID with a prefix
inline constexpr size_t kParticipants = 11;    // lead and 10; twice the recommended 5 technicians (domain.md §2)
inline constexpr size_t kRecipients = 1000;    // they are written into the log one by one
inline constexpr size_t kChannelGroups = 100;
inline constexpr size_t kChannelTechnicians = 500;
inline constexpr size_t kGroups = 10000;          // an organization
inline constexpr size_t kTechnicians = 20000;     // an organization
inline constexpr size_t kChannels = 10000;        // an organization
inline constexpr size_t kApiKeys = 50000;         // an organization
inline constexpr size_t kLiveSessions = 1500000;  // an organization; what memory is planned for
inline constexpr size_t kOwnedSessions = 1000;    // unended private sessions of one technician: a script's mistake stops here
inline constexpr size_t kLedSessions = 500;  // held and active ones of one technician: his console's return touches all at once
inline constexpr size_t kBytesPerCommand =
    16 << 20;  // of sessions and channels that one command of an administrator changes: its log entry
inline constexpr size_t kConnectingPerChannel = 10000;  // forms submitted whose applet has not attached: a flood stops here
inline constexpr size_t kActiveSessions = 10;           // a technician, domain.md §2; a group may lower it

inline constexpr size_t kActivities = 32;  // asked for or open in one session
inline constexpr size_t kActivityDetailChars = 256;
inline constexpr size_t kChatChars = 2000;     // of one message: a screen
inline constexpr size_t kChatMessages = 2500;  // of each side of a session: a week of talking, 5 MB of its timeline
inline constexpr Duration kCustomerChatEvery = std::chrono::seconds(1);  // a customer's messages on average …
inline constexpr size_t kCustomerChatBurst = 20;                         // … and so many at once
inline constexpr size_t kNotes = 200;                                    // of one session
inline constexpr size_t kNoteChars = 4000;                               // of one note
inline constexpr size_t kFileNameChars = 255;                            // longest name of common file systems
inline constexpr uint64_t kFileBytes = uint64_t{1} << 50;
inline constexpr size_t kFileHashBytes = 32;  // SHA-256
inline constexpr size_t kSurveyAnswers = 50;
inline constexpr size_t kSurveyQuestionChars = 256;
inline constexpr size_t kSurveyAnswerChars = 2000;
inline constexpr Duration kSurveyOpen = std::chrono::hours(1);  // after the end; the session stays in memory for it
inline constexpr size_t kTemplates = 100;                       // an organization: three kinds in thirty languages
inline constexpr size_t kTemplatesBytes = 128 << 10;            // of an organization: all subjects and texts
inline constexpr size_t kTemplateSubjectChars = 200;
inline constexpr size_t kTemplateTextChars = 4000;
inline constexpr Duration kDeliveryRetry = std::chrono::seconds(10);     // after the first attempt; twice as long each time …
inline constexpr Duration kDeliveryRetryMax = std::chrono::minutes(10);  // … up to this
inline constexpr Duration kMaxAccess = std::chrono::hours(24 * 14);      // unattended, from one consent: domain.md §5
inline constexpr size_t kComputers = 100000;                             // an organization
inline constexpr size_t kLibraryItems = 500;                             // of one technician
inline constexpr size_t kLibraryBytes = 64 << 10;                        // of one technician: all texts
inline constexpr size_t kLibrariesBytes = 64 << 20;                      // of an organization: they are kept in memory
inline constexpr size_t kDeclines = 16;                                  // remembered of one session
inline constexpr size_t kReasonChars = 128;                              // of a rejected offer
inline constexpr size_t kAddressBytes = 254;                             // longest e-mail address (RFC 5321)
inline constexpr size_t kDeliveryDetailChars = 256;
inline constexpr size_t kSkills = 32;  // of a technician
inline constexpr uint32_t kSkillLevel = 10;
inline constexpr uint32_t kCapacity = 1000;  // units of a technician
inline constexpr uint32_t kWeight = 100;     // units of a session
inline constexpr uint32_t kPriority = 10;
inline constexpr size_t kSkillNeeds = 8;       // of a channel
inline constexpr size_t kOverflowGroups = 10;  // of a channel
inline constexpr size_t kRedirectRules = 10;   // of a channel
inline constexpr uint32_t kRedirects = 5;      // of one session: rules in a circle end here
inline constexpr size_t kNoticeChars = 512;
inline constexpr size_t kUrlBytes = 2048;
inline constexpr size_t kSurveyChars = 2048;
inline constexpr size_t kAdministeredGroups = 100;
inline constexpr size_t kApprovedExternals = 1000;    // an organization; a domain counts once
inline constexpr size_t kTechniciansAtOnce = 1000;    // made by one command
inline constexpr size_t kRecordedCandidates = 16;     // of each sort in a routing record; it is written with every decision
inline constexpr size_t kExplainedCandidates = 1000;  // of each sort in an explanation: 100 kB of an answer
inline constexpr size_t kExplainedChanges = 100;      // of each one it is looked up what routing would do
inline constexpr size_t kExplainedQueues = 1000;      // of a technician
inline constexpr size_t kEstimateServed =
    10;  // completed sessions before a wait is estimated: their mean is right within a third
inline constexpr Duration kKeyUseStep = std::chrono::minutes(10);  // how exact the last use of a key is kept

inline constexpr Duration kMaxTimeout = std::chrono::minutes(999);         // domain.md §3
inline constexpr Duration kMaxDeviceLostGrace = std::chrono::seconds(60);  // domain.md §3
inline constexpr Duration kMaxLife = std::chrono::hours(24 * 14);          // domain.md §3

}  // namespace guichet::limits
