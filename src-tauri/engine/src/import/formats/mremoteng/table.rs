//! The nodes, wherever they come from, as machines.

use crate::import::{
    ImportProblem, LeftOut,
    candidate::{Password, Sketch, tcp},
    key_file::is_on,
    text,
};
use crate::model::Scaling;
use std::collections::HashMap;

/// Folders above a node: as deep as a value is looked for.
const MAX_DEPTH: usize = 32;

/// A node of the tree: a machine, or a folder.
#[derive(Default)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) parent: Option<usize>,
    /// By the names that the XML has.
    pub(super) fields: HashMap<String, String>,
}

/// All nodes of a file.
pub(super) struct Table(pub(super) Vec<Node>);

impl Table {
    /// The machines; `password` opens what a node has of one.
    pub(super) fn machines(&self, mut password: impl FnMut(&str) -> Password) -> Vec<Sketch> {
        let containers =
            |node: &Node| node.fields.get("Type").is_some_and(|kind| kind.eq_ignore_ascii_case("Container"));
        let machines = self.0.iter().enumerate().filter(|(_, node)| !containers(node));
        machines.map(|(index, node)| self.machine(index, node, &mut password)).collect()
    }

    fn machine(&self, index: usize, node: &Node, password: &mut impl FnMut(&str) -> Password) -> Sketch {
        let own = |field: &str| node.fields.get(field).map_or("", String::as_str);
        let value = |field: &str| self.value(index, field);
        let (name, host, protocol) = (own("Name"), own("Hostname").trim(), value("Protocol"));
        if !protocol.eq_ignore_ascii_case("VNC") {
            let problem = ImportProblem::OtherProtocol { protocol: text::line(protocol) };
            return Sketch { line: node.line, ..Sketch::skipped(name, host, problem) };
        }
        let port = if value("Port").is_empty() { "5900" } else { value("Port") };
        let mut machine = Sketch::new(name, tcp(host, port), &format!("{host}:{port}"));
        machine.line = node.line;
        machine.options.view_only = is_on(value("VNCViewOnly"));
        machine.options.favourite = is_on(value("Favorite"));
        value("MacAddress").clone_into(&mut machine.mac);
        if value("VNCSmartSizeMode").eq_ignore_ascii_case("SmartSNo") {
            machine.display.scaling = Some(Scaling::Actual);
        }
        machine.password = password(value("Password"));
        // Often the name of a Windows account, inherited: mRemoteNG itself sends VNC servers the password alone.
        machine.leave_out(LeftOut::Username, !value("Username").is_empty());
        machine.tag(self.folders(node).into_iter().rev());
        machine.note(value("Descr"));
        machine.leave_out(LeftOut::Notes, !value("UserField").is_empty());
        let commands = ["PreExtApp", "PostExtApp", "OpeningCommand", "SSHOptions"];
        machine.leave_out(LeftOut::Commands, commands.iter().any(|field| !value(field).is_empty()));
        let proxy = value("VNCProxyType");
        machine.leave_out(LeftOut::Proxy, !proxy.is_empty() && !proxy.eq_ignore_ascii_case("ProxyNone"));
        let tunnel = value("SSHTunnelConnectionName");
        if !tunnel.is_empty() {
            match self.ssh_host(tunnel) {
                Some(jump) => machine.ssh_jump = jump,
                None => machine.address = Err(ImportProblem::SshMissing),
            }
        }
        machine
    }

    /// The names of the folders above a node, the innermost first.
    fn folders(&self, node: &Node) -> Vec<&str> {
        let above = |node: &&Node| node.parent.and_then(|parent| self.0.get(parent));
        let folders = std::iter::successors(above(&node), above).take(MAX_DEPTH);
        folders.filter_map(|folder| folder.fields.get("Name").map(String::as_str)).collect()
    }

    /// The value of a field, from the folders above where the node says so. Names and addresses are never inherited.
    fn value(&self, mut index: usize, field: &str) -> &str {
        let inherit = match field {
            "Descr" => "InheritDescription".to_owned(),
            field => format!("Inherit{field}"),
        };
        for _ in 0..MAX_DEPTH {
            let Some(node) = self.0.get(index) else { return "" };
            let has = |name: &str| node.fields.get(name).is_some_and(|value| is_on(value));
            match node.parent {
                Some(parent) if has(&inherit) || has("Inherit") => index = parent,
                _ => return node.fields.get(field).map_or("", String::as_str),
            }
        }
        ""
    }

    /// The SSH host that a node of this name stands for.
    fn ssh_host(&self, name: &str) -> Option<String> {
        let is_it = |(index, node): &(usize, &Node)| {
            node.fields.get("Name").is_some_and(|found| found == name)
                && self.value(*index, "Protocol").to_uppercase().starts_with("SSH")
        };
        let (index, node) = self.0.iter().enumerate().find(is_it)?;
        let host = node.fields.get("Hostname").map(|host| host.trim()).filter(|host| !host.is_empty())?;
        let place = match self.value(index, "Port") {
            "" | "22" => host.to_owned(),
            port => format!("{host}:{port}"),
        };
        Some(super::super::jump(self.value(index, "Username"), &place))
    }
}
