//! What a person may show others about how a session went: no name, no address, nothing that the server or its user has said.

use crate::{
    connect::{ReportStage, StageReport},
    error::Error,
    model::{Address, Target},
};
use std::{env::consts::OS, fmt::Write};

/// Version, system, kind of way, what went wrong, and each stage with its time. In English, as it is for those who are asked for help.
pub(super) fn text(target: &Target, called: bool, error: Option<&Error>, stages: &[StageReport]) -> String {
    let mut text = format!("Portlight {} ({OS})\nway: {}\n", env!("CARGO_PKG_VERSION"), way(target, called));
    let mut line = |words: std::fmt::Arguments<'_>| {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{words}");
    };
    line(format_args!("end: {}", error.map_or_else(|| "by the user".to_owned(), code)));
    for StageReport { stage, ok, ms, detail, .. } in stages {
        let (mark, said) = if *ok { ("ok", detail_of(*stage, detail)) } else { ("failed", "") };
        line(format_args!("{}", format!("  {stage:<11} {mark:<6} {ms:>6} ms  {said}").trim_end()));
    }
    text
}

/// What scripts know an error by. Its other facts have addresses, and words of others.
fn code(error: &Error) -> String {
    let value = serde_json::to_value(error).unwrap_or_default();
    value.get("code").and_then(|code| code.as_str()).unwrap_or("unknown").to_owned()
}

/// What a stage has seen, where that is of the protocol and not of the machine.
fn detail_of(stage: ReportStage, detail: &str) -> &str {
    match stage {
        ReportStage::Greeting | ReportStage::Security | ReportStage::Tls => detail,
        ReportStage::Command
        | ReportStage::Resolve
        | ReportStage::Dial
        | ReportStage::Ssh
        | ReportStage::Proxy
        | ReportStage::WebSocket
        | ReportStage::Trust
        | ReportStage::Login
        | ReportStage::Desktop => "",
    }
}

fn way(target: &Target, called: bool) -> String {
    let mut way = match &target.address {
        _ if called => "a call".to_owned(),
        Address::Tcp { port, .. } => format!("TCP, port {port}"),
        Address::Unix(_) => "Unix socket".to_owned(),
        Address::Ws(socket) => (if socket.secure { "wss" } else { "ws" }).to_owned(),
        Address::Demo => "demo".to_owned(),
    };
    for (is_there, word) in [
        (target.ssh_jump.is_some(), ", ssh"),
        (target.proxy.is_some(), ", proxy"),
        (!target.repeater_id.is_empty(), ", repeater"),
        (target.console_command.is_some(), ", console command"),
    ] {
        way += if is_there { word } else { "" };
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ConnectError;

    #[test]
    fn a_report_has_no_name_and_no_address() {
        let mut target = Target::unsaved("Ann's studio".into(), "studio.example:5901".parse().unwrap(), false);
        target.ssh_jump = Some("ann@gate.example".parse().unwrap());
        let stage =
            |stage, ok, detail: &str| StageReport { stage, ok, ms: 12, detail: detail.into(), round_trips: None };
        let stages = [
            stage(ReportStage::Ssh, true, "ann@gate.example"),
            stage(ReportStage::Greeting, true, "RFB 3.8"),
            stage(ReportStage::Security, true, "X509Vnc"),
            stage(ReportStage::Tls, false, "studio.example:5901 closed the connection"),
        ];
        let error = ConnectError::Tls { address: "studio.example:5901".into(), detail: "secret words".into() }.into();
        let report = text(&target, false, Some(&error), &stages);
        assert_eq!(
            report.lines().skip(1).collect::<Vec<_>>(),
            [
                "way: TCP, port 5901, ssh",
                "end: tls",
                "  ssh         ok         12 ms",
                "  greeting    ok         12 ms  RFB 3.8",
                "  security    ok         12 ms  X509Vnc",
                "  tls         failed     12 ms",
            ]
        );
        assert!(report.starts_with("Portlight ") && !report.contains("example") && !report.contains("Ann"));
        assert!(text(&target, true, None, &[]).ends_with("way: a call, ssh\nend: by the user\n"));
    }
}
