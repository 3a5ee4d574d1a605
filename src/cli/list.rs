//! `modewise list`.

use clap::ArgMatches;
use modewise::{experiment::OPTIONS, figure, store::fields::FORMATS};
use modewise_problems::{Parameter, catalog};
use modewise_solvers::registry;
use serde_json::{Value, json};

use super::{
    emit,
    exit::{Exit, Failure},
};

/// Something with a name, a sentence and parameters.
struct Item {
    name: &'static str,
    summary: &'static str,
    parameters: &'static [Parameter],
}

pub(super) fn list(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let problems = catalog::entries().iter().map(|e| item(e.name, e.summary, e.parameters)).collect();
    let solvers = registry::entries().iter().map(|e| item(e.name, e.summary, e.parameters)).collect();
    let figures = figure::REGISTRY.iter().map(|f| item(f.name, f.summary, &[])).collect();
    let fields = FORMATS.iter().map(|f| item(f.name, f.summary, &[])).collect();
    let all: [(&str, Vec<Item>); 4] =
        [("problems", problems), ("solvers", solvers), ("figures", figures), ("fields", fields)];
    let what = arguments.get_one::<String>("what");
    let wanted = all.into_iter().filter(|(kind, _)| what.is_none_or(|what| what == kind));
    if arguments.get_flag("json") {
        let mut document = serde_json::Map::new();
        for (kind, items) in wanted {
            document.insert(kind.into(), items.iter().map(as_json).collect());
        }
        if what.is_none() {
            let options = OPTIONS.iter().map(|o| json!({"key": o.key, "default": o.default, "help": o.help}));
            document.insert("options".into(), options.collect());
        }
        emit(&serde_json::to_string_pretty(&Value::Object(document))?)?;
    } else {
        let mut text = String::new();
        for (kind, items) in wanted {
            text += &format!("{kind}\n");
            for item in items {
                text += &as_text(&item);
            }
            text.push('\n');
        }
        emit(&text)?;
    }
    Ok(Exit::Done)
}

fn item(name: &'static str, summary: &'static str, parameters: &'static [Parameter]) -> Item {
    Item { name, summary, parameters }
}

fn as_json(item: &Item) -> Value {
    let parameters: Vec<Value> = item
        .parameters
        .iter()
        .map(|p| json!({"key": p.key, "default": p.default, "unit": p.unit, "help": p.help}))
        .collect();
    json!({"name": item.name, "summary": item.summary, "parameters": parameters})
}

fn as_text(item: &Item) -> String {
    let mut text = format!("  {}\n      {}\n", item.name, item.summary);
    let setting = |p: &Parameter| format!("{}={}", p.key, p.default);
    let width = item.parameters.iter().map(|p| setting(p).chars().count()).max().unwrap_or(0);
    for parameter in item.parameters {
        let unit = if parameter.unit.is_empty() { String::new() } else { format!(" [{}]", parameter.unit) };
        text += &format!("      {:width$}  {}{unit}\n", setting(parameter), parameter.help);
    }
    text
}
