//! Circles in a graph.

use std::collections::{BTreeMap, BTreeSet};

/// Which nodes each node knows.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// A circle, beginning and ending with the same node; none where there is none. By depth-first search: a node that is
/// met again while it is still on the path closes a circle.
pub fn circle(graph: &Graph) -> Option<Vec<String>> {
    let mut done = BTreeSet::new();
    graph.keys().find_map(|node| search(graph, node, &mut Vec::new(), &mut done))
}

fn search<'g>(
    graph: &'g Graph,
    node: &'g str,
    path: &mut Vec<&'g str>,
    done: &mut BTreeSet<&'g str>,
) -> Option<Vec<String>> {
    if let Some(start) = path.iter().position(|other| *other == node) {
        return Some(path[start..].iter().chain([&node]).map(|node| (*node).to_owned()).collect());
    }
    if done.contains(node) {
        return None;
    }
    path.push(node);
    let found = graph.get(node).into_iter().flatten().find_map(|known| search(graph, known, path, done));
    path.pop();
    done.insert(node);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(arrows: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::new();
        for (from, to) in arrows {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    }

    #[test]
    fn a_circle_is_found_wherever_it_begins() {
        assert_eq!(circle(&graph(&[("a", "b"), ("b", "a")])), Some(["a", "b", "a"].map(String::from).to_vec()));
        let behind = graph(&[("a", "b"), ("a", "c"), ("c", "d"), ("d", "e"), ("e", "c")]);
        assert_eq!(circle(&behind), Some(["c", "d", "e", "c"].map(String::from).to_vec()));
        assert_eq!(circle(&graph(&[("a", "a")])), Some(["a", "a"].map(String::from).to_vec()));
    }

    #[test]
    fn two_ways_to_the_same_node_are_no_circle() {
        assert_eq!(circle(&graph(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e")])), None);
    }
}
