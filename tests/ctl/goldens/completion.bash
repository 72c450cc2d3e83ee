# bash completion of guichetctl; load it with: source <(guichetctl completion bash)
_guichetctl_words() {
  case "$1" in
    "") words="health whoami completion org key group technician channel session queue routing applet chat library computer deliveries checkpoint replay what-if verify restore create list start hold transfer end timeline watch technicians keys --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "health") words="--help --service --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "whoami") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "completion") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "org") words="create list get set --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "org/create") words="--help --request-id --display-name --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "org/list") words="--help --limit --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "org/get") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "org/set") words="--help --request-id --from --display-name --priority-step --approved-external --default-language --monitor-silently --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "key") words="create list revoke --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "key/create") words="--help --request-id --role --technician --display-name --scopes --expires-in --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "key/list") words="--help --limit --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "key/revoke") words="--help --request-id --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "group") words="create list get set delete --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "group/create") words="--help --request-id --from --display-name --permissions --locked --private-code-validity --connecting-timeout --waiting-timeout --idle-timeout --device-lost-grace --offline-after --hold-limit --system-limit --away-after --logout-after --login-deferral --connecting-alert --waiting-alert --max-active-sessions --busy-at --auto-start-private --auto-start-channel --approved-externals-only --survey-at-end --terms --survey --console-lost-policy --idle-blockers --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "group/list") words="--help --limit --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "group/get") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "group/set") words="--help --request-id --from --display-name --permissions --locked --private-code-validity --connecting-timeout --waiting-timeout --idle-timeout --device-lost-grace --offline-after --hold-limit --system-limit --away-after --logout-after --login-deferral --connecting-alert --waiting-alert --max-active-sessions --busy-at --auto-start-private --auto-start-channel --approved-externals-only --survey-at-end --terms --survey --console-lost-policy --idle-blockers --allow --deny --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "group/delete") words="--help --request-id --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "technician") words="create list get set delete import redeem status watch --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "technician/create") words="--help --request-id --display-name --group --administrator --disabled --routing-exempt --administers --skills --capacity --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "technician/list") words="--help --limit --group --status --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "technician/get") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "technician/set") words="--help --request-id --display-name --group --administrator --disabled --routing-exempt --administers --skills --capacity --successor --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "technician/delete") words="--help --request-id --successor --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "technician/import") words="--help --request-id --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "technician/redeem") words="--help --request-id --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "technician/status") words="--help --request-id --technician --reason --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "technician/watch") words="--help --changes --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "channel") words="create list get set form delete --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "channel/create") words="--help --request-id --from --display-name --groups --technicians --connecting-timeout --waiting-timeout --priority --open --time-zone --days-off --out-of-hours --out-of-hours-notice --out-of-hours-page --nobody-online --nobody-online-notice --nobody-online-page --routing --strategy --offer-timeout --retry-after --wrap-up --preferred-for --overflow-after --overflow-groups --needs --weight --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "channel/list") words="--help --limit --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "channel/get") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "channel/set") words="--help --request-id --from --display-name --groups --technicians --connecting-timeout --waiting-timeout --priority --open --time-zone --days-off --out-of-hours --out-of-hours-notice --out-of-hours-page --nobody-online --nobody-online-notice --nobody-online-page --routing --strategy --offer-timeout --retry-after --wrap-up --preferred-for --overflow-after --overflow-groups --needs --weight --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "channel/form") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "channel/delete") words="--help --request-id --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session") words="create get list start hold transfer cancel-transfer end reboot join invite invite-external set-grants remove leave offer-lead cancel-lead-offer accept-lead request-activity close-activity chat send-survey note reject-offer update timeline history --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/create") words="--help --request-id --technician --method --type --deliver-to --channel --prefer --name --field --tracking-id --language --monitored --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/get") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/list") words="--help --limit --ended --technician --channel --tracking-id --device --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/start") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/hold") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/transfer") words="--help --request-id --technician --epoch --comment --to --to-group --to-channel --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/cancel-transfer") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/end") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/reboot") words="--help --request-id --technician --epoch --kind --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/join") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/invite") words="--help --request-id --technician --epoch --deny --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/invite-external") words="--help --request-id --technician --epoch --address --language --method --deny --version --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/set-grants") words="--help --request-id --technician --epoch --deny --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/remove") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/leave") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/offer-lead") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/cancel-lead-offer") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/accept-lead") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/request-activity") words="--help --request-id --technician --epoch --detail --file --file-size --validity --window --time-zone --credentials --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/close-activity") words="--help --request-id --technician --epoch --outcome --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/chat") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/send-survey") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/note") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/reject-offer") words="--help --request-id --technician --epoch --reason --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/update") words="--help --request-id --technician --epoch --name --tracking-id --language --field --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/timeline") words="--help --limit --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "session/history") words="--help --limit --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "queue") words="list watch wait --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "queue/list") words="--help --limit --tab --technician --channel --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "queue/watch") words="--help --tab --technician --channel --changes --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "queue/wait") words="--help --technician --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "routing") words="explain technician availability --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "routing/explain") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "routing/technician") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "routing/availability") words="--help --count-away --count-busy --watch --changes --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "applet") words="redeem enter attach agent answer-survey position leave --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "applet/redeem") words="--help --request-id --device --language --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "applet/enter") words="--help --request-id --name --field --type --device --language --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "applet/attach") words="--help --end-after --decline-terms --chat-only --activities --computer-token-file --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "applet/agent") words="--help --sessions --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "applet/answer-survey") words="--help --request-id --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "applet/position") words="--help --watch --changes --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "applet/leave") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "chat") words="send list watch --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "chat/send") words="--help --request-id --technician --epoch --technicians-only --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "chat/list") words="--help --limit --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "chat/watch") words="--help --changes --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "library") words="get import export --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "library/get") words="--help --technician --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "library/import") words="--help --request-id --append --technician --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "library/export") words="--help --technician --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "computer") words="list connect rename revoke --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "computer/list") words="--help --limit --technician --device --name --online --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "computer/connect") words="--help --request-id --technician --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "computer/rename") words="--help --request-id --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "computer/revoke") words="--help --request-id --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "deliveries") words="watch report --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "deliveries/watch") words="--help --changes --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "deliveries/report") words="--help --request-id --technician --detail --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "checkpoint") words="create list delete --help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "checkpoint/create") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "checkpoint/list") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "checkpoint/delete") words="--help --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "replay") words="--help --every --data --from --organization --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "what-if") words="--help --data --from --organization --channel --routing --strategy --offer-timeout --retry-after --wrap-up --preferred-for --overflow-after --priority --weight --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "verify") words="--help --data --from --organization --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "restore") words="--help --checkpoint --data --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "create") words="--help --request-id --technician --method --type --deliver-to --channel --prefer --name --field --tracking-id --language --monitored --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "list") words="--help --limit --ended --technician --channel --tracking-id --device --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "start") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "hold") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "transfer") words="--help --request-id --technician --epoch --comment --to --to-group --to-channel --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "end") words="--help --request-id --technician --epoch --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "timeline") words="--help --limit --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "watch") words="--help --tab --technician --channel --changes --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "technicians") words="--help --limit --group --status --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    "keys") words="--help --limit --version --address --token --token-file --tls-ca --tls-certificate --tls-key --insecure --output --timeout" ;;
    *) return 1 ;;
  esac
}
_guichetctl_path() {
  local word next words
  at=""
  for word in "$@"; do
    next="${at:+$at/}$word"
    if [ -n "$word" ] && _guichetctl_words "$next"; then at="$next"; fi
  done
}
_guichetctl() {
  local at words
  _guichetctl_path "${COMP_WORDS[@]:1:COMP_CWORD-1}"
  _guichetctl_words "$at"
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _guichetctl guichetctl
