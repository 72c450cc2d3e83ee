// Files that fill requests.
#include "tools/ctl/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "google/protobuf/text_format.h"
#include "tests/ctl/temp_file.h"

namespace guichet::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Lines = std::vector<std::vector<std::string>>;

TEST(CsvTest, CellsAndLines) {
  Lines lines;
  EXPECT_TRUE(ParseCsv("a,b\n1,2\r\n\n\"x,\"\"y\"\"\nz\",\n,", &lines));
  EXPECT_EQ(lines, (Lines{{"a", "b"}, {"1", "2"}, {"x,\"y\"\nz", ""}, {"", ""}}));
  lines.clear();
  EXPECT_TRUE(ParseCsv("", &lines));
  EXPECT_TRUE(lines.empty());
  EXPECT_FALSE(ParseCsv("a,\"b", &lines));
}

TEST(SkillTest, WordAndLevel) {
  v1::Skill skill;
  EXPECT_TRUE(ParseSkill("a=b=7", &skill));
  EXPECT_EQ(skill.skill_id(), "a=b");
  EXPECT_EQ(skill.level(), 7u);
  for (const char* bad : {"", "german", "=7", "german=", "german=x", "german=-1"}) EXPECT_FALSE(ParseSkill(bad, &skill)) << bad;
}

google::protobuf::RepeatedPtrField<v1::Technician> Technicians(const std::string& name, const std::string& text) {
  const TempFile file(name, text);
  google::protobuf::RepeatedPtrField<v1::Technician> technicians;
  ReadTechnicians("FILE", file.path(), &technicians);
  return technicians;
}

std::string MistakeIn(const std::string& name, const std::string& text) {
  try {
    Technicians(name, text);
  } catch (const CLI::ValidationError& error) {
    return error.what();
  }
  return "";
}

TEST(TechniciansTest, CsvAndJsonSayTheSame) {
  v1::Technician ann;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "technician_id: 'ann' display_name: 'Ann, \"A\"' group_id: 'desk' administered_group_ids: ['a', 'b'] disabled: true "
      "skills { skill_id: 'german' level: 7 } skills { skill_id: 'linux' level: 3 } capacity: 12 routing_exempt: true",
      &ann));
  const auto csv =
      Technicians("people.csv",
                  "technician_id,display_name,group_id,administered_group_ids,disabled,skills,capacity,routing_exempt\n"
                  "ann,\"Ann, \"\"A\"\"\",desk,a;b,true,german=7; linux=3,12,yes\n"
                  "bob,,desk,,,,,\n");
  ASSERT_EQ(csv.size(), 2);
  EXPECT_EQ(csv.Get(0).DebugString(), ann.DebugString());
  EXPECT_EQ(csv.Get(1).ShortDebugString(), "technician_id: \"bob\" group_id: \"desk\"");
  const std::string json =
      R"([{"technicianId": "ann", "displayName": "Ann, \"A\"", "groupId": "desk", "administeredGroupIds": ["a", "b"],
           "disabled": true, "skills": [{"skillId": "german", "level": 7}, {"skillId": "linux", "level": 3}], "capacity": 12,
           "routingExempt": true}])";
  ASSERT_EQ(Technicians("people.json", json).size(), 1);
  EXPECT_EQ(Technicians("people.json", json).Get(0).DebugString(), ann.DebugString());
  EXPECT_EQ(Technicians("people.json", "{\"technicians\": " + json + "}").Get(0).DebugString(), ann.DebugString());
}

TEST(TechniciansTest, MistakesSayWhere) {
  EXPECT_THAT(MistakeIn("a.csv", ""), HasSubstr("names the columns"));
  EXPECT_THAT(MistakeIn("a.csv", "technician_id,status\nann,ONLINE\n"), HasSubstr("\"status\" is no column"));
  EXPECT_THAT(MistakeIn("a.csv", "technician_id,group_id\nann\n"), HasSubstr("row 1 has 1 cells, the heading has 2"));
  EXPECT_THAT(MistakeIn("a.csv", "technician_id,capacity\nann,1\nbob,many\n"), HasSubstr("row 2: \"many\" is no capacity"));
  EXPECT_THAT(MistakeIn("a.csv", "technician_id,disabled\nann,perhaps\n"), HasSubstr("\"perhaps\" is no disabled"));
  EXPECT_THAT(MistakeIn("a.csv", "technician_id,skills\nann,german\n"), HasSubstr("\"german\" is no skills"));
  EXPECT_THAT(MistakeIn("a.csv", "technician_id\n\"ann\n"), HasSubstr("no end"));
  EXPECT_THAT(MistakeIn("a.json", "[{\"nothing\": 1}]"), HasSubstr("not the JSON"));
  EXPECT_THAT(MistakeIn("a.json", "people"), HasSubstr("not the JSON"));
}

TEST(MergeJsonTest, NamesTheFieldsOfTheFile) {
  const TempFile file("web.json",
                      R"({"revision": "7", "channel": {"channelId": "old", "displayName": "Web", "open": true, "redirects": [],
                          "group_ids": ["desk"], "routing": {"mode": "ROUTING_MODE_OFFER", "offerTimeout": "20.500s"}}})");
  v1::Channel channel;
  channel.set_channel_id("web");
  EXPECT_THAT(MergeJson("--from", file.path(), "channel", {"channel_id", "open"}, &channel),
              ElementsAre("display_name", "group_ids", "redirects", "routing"));
  EXPECT_EQ(channel.channel_id(), "web");
  EXPECT_FALSE(channel.open());
  EXPECT_EQ(channel.routing().offer_timeout().nanos(), 500'000'000);
  const TempFile plain("web.json", R"({"priority": 0})");
  EXPECT_THAT(MergeJson("--from", plain.path(), "channel", {}, &channel), ElementsAre("priority"));
}

}  // namespace
}  // namespace guichet::ctl
