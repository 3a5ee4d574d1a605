//! Typed access to the keys of a spec, with the default of each stated in one place: the table of
//! parameters.

use toml::{Table, Value};

use super::{Parameter, Shown, Spec, SpecError, parse};

/// The most that anything is repeated within one step.
const MOST_REPEATED: usize = 1000;

/// The keys of one spec, checked against its parameters.
#[derive(Debug)]
pub struct Settings<'a> {
    owner: &'a str,
    keys: Table,
    defaults: Table,
}

impl<'a> Settings<'a> {
    /// Fills in the defaults and refuses keys that `parameters` does not list.
    ///
    /// # Errors
    /// An unknown key, with the nearest valid name.
    pub fn new(spec: &'a Spec, parameters: &[Parameter]) -> Result<Self, SpecError> {
        let known = || parameters.iter().map(|p| p.key.to_string()).collect::<Vec<_>>();
        if let Some(key) = spec.keys.keys().find(|key| parameters.iter().all(|p| p.key != *key)) {
            return Err(SpecError::UnknownKey { owner: spec.name.clone(), key: key.clone(), known: known() });
        }
        let mut defaults = Table::new();
        for parameter in parameters {
            defaults.insert(parameter.key.into(), default_value(parameter)?);
        }
        let mut keys = spec.keys.clone();
        for (key, value) in &defaults {
            keys.entry(key).or_insert_with(|| value.clone());
        }
        Ok(Self { owner: &spec.name, keys, defaults })
    }

    /// All keys with their values, defaults included.
    pub fn into_table(self) -> Table {
        self.keys
    }

    /// Refuses a value of `key` that nothing reads, unless it is the default, which is written into every run's experiment.
    ///
    /// # Errors
    /// Another value; `with` names what does not read it.
    pub fn unused(&self, key: &str, with: &str) -> Result<(), SpecError> {
        let [given, default] = [&self.keys, &self.defaults].map(|table| table.get(key));
        let is_default = match [given, default].map(|value| value.and_then(as_number)) {
            [Some(given), Some(default)] => given == default,
            _ => given == default,
        };
        if is_default {
            return Ok(());
        }
        Err(SpecError::Unused {
            owner: self.owner.into(),
            key: key.into(),
            value: self.shown(key),
            with: with.into(),
        })
    }

    /// An error saying that the value of `key` is not what was `expected`.
    pub fn bad(&self, key: &str, expected: &str) -> SpecError {
        SpecError::BadValue {
            owner: self.owner.into(),
            key: key.into(),
            value: self.shown(key),
            expected: expected.into(),
        }
    }

    fn shown(&self, key: &str) -> String {
        self.keys.get(key).map_or("nothing".into(), |value| Shown(value).to_string())
    }

    /// A number that `valid` accepts.
    ///
    /// # Errors
    /// Anything else; not-a-number and infinities always.
    pub fn number(&self, key: &str, expected: &str, valid: impl Fn(f64) -> bool) -> Result<f64, SpecError> {
        let number = self.keys.get(key).and_then(as_number);
        number.filter(|&x| x.is_finite() && valid(x)).ok_or_else(|| self.bad(key, expected))
    }

    /// A whole number of at least `least`.
    ///
    /// # Errors
    /// Anything else.
    pub fn count(&self, key: &str, least: usize) -> Result<usize, SpecError> {
        let expected = format!("a whole number of at least {least}");
        let count = self.keys.get(key).and_then(as_count);
        count.filter(|&n| n >= least).ok_or_else(|| self.bad(key, &expected))
    }

    /// How often something is repeated within one step: a whole number from `least` to 1000, as a step is not interrupted.
    ///
    /// # Errors
    /// Anything else.
    pub fn repeats(&self, key: &str, least: usize) -> Result<usize, SpecError> {
        let expected = format!("a whole number from {least} to {MOST_REPEATED}");
        let count = self.keys.get(key).and_then(as_count);
        count.filter(|n| (least..=MOST_REPEATED).contains(n)).ok_or_else(|| self.bad(key, &expected))
    }

    /// A list of whole numbers of at least `least`; one number is a list of one.
    ///
    /// # Errors
    /// Anything else, and an empty list.
    pub fn counts(&self, key: &str, least: usize) -> Result<Vec<usize>, SpecError> {
        let expected = format!("a whole number of at least {least}, or a list of them that is not empty");
        self.list(key, |value| as_count(value).filter(|&n| n >= least))
            .ok_or_else(|| self.bad(key, &expected))
    }

    /// A list of groups of `length` whole numbers of at least `least`. One group may stand without the
    /// outer brackets, and one number for a group of equal ones.
    ///
    /// # Errors
    /// Anything else, and an empty list.
    pub fn groups(&self, key: &str, length: usize, least: usize) -> Result<Vec<Vec<usize>>, SpecError> {
        let expected = format!(
            "a list of {length} whole numbers of at least {least}, or a list of such lists that is not empty"
        );
        let count = |value: &Value| as_count(value).filter(|&n| n >= least);
        let group = |value: &Value| match value {
            Value::Array(items) if items.len() == length => items.iter().map(count).collect(),
            Value::Array(_) => None,
            single => count(single).map(|n| vec![n; length]),
        };
        let groups = match self.keys.get(key) {
            Some(Value::Array(items)) if items.iter().any(Value::is_array) => {
                items.iter().map(group).collect()
            }
            Some(one) => group(one).map(|one| vec![one]),
            None => None,
        };
        groups.ok_or_else(|| self.bad(key, &expected))
    }

    /// A list of words, each one of `choices`, as their indices; one word is a list of one.
    ///
    /// # Errors
    /// Anything else, and an empty list.
    pub fn choices(&self, key: &str, choices: &[&str]) -> Result<Vec<usize>, SpecError> {
        let index = |value: &Value| choices.iter().position(|choice| value.as_str() == Some(choice));
        self.list(key, index)
            .ok_or_else(|| self.bad(key, &format!("one of {}, or a list of them", choices.join(", "))))
    }

    /// A list of words; one word is a list of one.
    ///
    /// # Errors
    /// Any other kind of value, and an empty list.
    pub fn words(&self, key: &str) -> Result<Vec<&str>, SpecError> {
        let words = match self.keys.get(key) {
            Some(Value::Array(items)) if !items.is_empty() => items.iter().map(Value::as_str).collect(),
            Some(one) => one.as_str().map(|word| vec![word]),
            None => None,
        };
        words.ok_or_else(|| self.bad(key, "a word, or a list of them that is not empty"))
    }

    /// A list of numbers that `valid` accepts; one number is a list of one.
    ///
    /// # Errors
    /// Anything else, and an empty list.
    pub fn numbers(
        &self,
        key: &str,
        expected: &str,
        valid: impl Fn(f64) -> bool,
    ) -> Result<Vec<f64>, SpecError> {
        self.list(key, |value| as_number(value).filter(|&x| x.is_finite() && valid(x)))
            .ok_or_else(|| self.bad(key, expected))
    }

    /// One of `choices`, as its index.
    ///
    /// # Errors
    /// Any other word.
    pub fn choice(&self, key: &str, choices: &[&str]) -> Result<usize, SpecError> {
        let word = self.text(key);
        let found = word.ok().and_then(|word| choices.iter().position(|choice| *choice == word));
        found.ok_or_else(|| self.bad(key, &format!("one of {}", choices.join(", "))))
    }

    /// A word or quoted text.
    ///
    /// # Errors
    /// Any other kind of value.
    pub fn text(&self, key: &str) -> Result<&str, SpecError> {
        self.keys.get(key).and_then(Value::as_str).ok_or_else(|| self.bad(key, "a word"))
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// Anything else.
    pub fn flag(&self, key: &str) -> Result<bool, SpecError> {
        self.keys.get(key).and_then(Value::as_bool).ok_or_else(|| self.bad(key, "true or false"))
    }

    /// A nested spec, in parentheses, as a table with a `name` or as text.
    ///
    /// # Errors
    /// Any other kind of value.
    pub fn spec(&self, key: &str) -> Result<Spec, SpecError> {
        let spec = self.keys.get(key).and_then(Spec::from_value);
        spec.unwrap_or_else(|| Err(self.bad(key, "a solver such as (jacobi,omega=1)")))
    }

    /// A list of nested specs; one is a list of one.
    ///
    /// # Errors
    /// Any other kind of value, and an empty list.
    pub fn specs(&self, key: &str) -> Result<Vec<Spec>, SpecError> {
        self.list(key, Spec::from_value)
            .ok_or_else(|| self.bad(key, "a list of solvers such as [(dnn,width=20)] that is not empty"))?
            .into_iter()
            .collect()
    }

    fn list<T>(&self, key: &str, item: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        match self.keys.get(key)? {
            Value::Array(items) if !items.is_empty() => items.iter().map(item).collect(),
            Value::Array(_) => None,
            single => item(single).map(|item| vec![item]),
        }
    }
}

fn as_number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|n| n as f64))
}

fn as_count(value: &Value) -> Option<usize> {
    match value {
        Value::Integer(n) => usize::try_from(*n).ok(),
        // 1e4 is a whole number to a person.
        Value::Float(x) if x.fract() == 0.0 && (0.0..9e15).contains(x) => Some(*x as usize),
        _ => None,
    }
}

fn default_value(parameter: &Parameter) -> Result<Value, SpecError> {
    let mut spec = parse::spec(&format!("default,{}={}", parameter.key, parameter.default))?;
    // Invariant: the text just parsed has this key.
    Ok(spec.keys.remove(parameter.key).expect("the key was just parsed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMETERS: [Parameter; 2] = [
        Parameter { key: "omega", default: "1", unit: "", help: "" },
        Parameter { key: "width", default: "[30,30]", unit: "", help: "" },
    ];

    #[test]
    fn defaults_fill_in_and_unknown_keys_name_the_nearest() {
        let spec: Spec = "jacobi,omega=0.5".parse().unwrap();
        let settings = Settings::new(&spec, &PARAMETERS).unwrap();
        assert_eq!(settings.number("omega", "", |_| true), Ok(0.5));
        assert_eq!(settings.counts("width", 1), Ok(vec![30, 30]));
        let wrong: Spec = "jacobi,omgea=0.5".parse().unwrap();
        let error = Settings::new(&wrong, &PARAMETERS).unwrap_err().to_string();
        assert!(error.contains("omgea") && error.contains("did you mean `omega`?"), "{error}");
    }

    #[test]
    fn values_out_of_range_say_what_was_expected() {
        for text in ["jacobi,omega=nan", "jacobi,omega=word", "jacobi,omega=[]", "jacobi,omega=inf"] {
            let spec: Spec = text.parse().unwrap();
            let settings = Settings::new(&spec, &PARAMETERS).unwrap();
            let error = settings.number("omega", "a positive number", |w| w > 0.0).unwrap_err().to_string();
            assert!(error.contains("is not a positive number"), "{error}");
        }
        let spec: Spec = "x,width=[]".parse().unwrap();
        assert!(Settings::new(&spec, &PARAMETERS).unwrap().counts("width", 1).is_err());
    }

    #[test]
    fn groups_and_choices_are_lists_or_stand_alone() {
        let read = |text: &str| -> Result<Vec<Vec<usize>>, SpecError> {
            let spec: Spec = text.parse().unwrap();
            Settings::new(&spec, &PARAMETERS)?.groups("width", 2, 1)
        };
        assert_eq!(read("x,width=3"), Ok(vec![vec![3, 3]]));
        assert_eq!(read("x,width=[1,2]"), Ok(vec![vec![1, 2]]));
        assert_eq!(read("x,width=[[1,2],4]"), Ok(vec![vec![1, 2], vec![4, 4]]));
        for wrong in ["[]", "[[]]", "[1,2,3]", "[[1,2],[3]]", "[0,1]", "word", "[1.5,1]"] {
            let error = read(&format!("x,width={wrong}")).unwrap_err().to_string();
            assert!(error.contains("a list of 2 whole numbers"), "{error}");
        }
        let spec: Spec = "x,omega=[b,a]".parse().unwrap();
        let settings = Settings::new(&spec, &PARAMETERS).unwrap();
        assert_eq!(settings.choices("omega", &["a", "b"]), Ok(vec![1, 0]));
        assert!(settings.choices("omega", &["a"]).is_err());
    }
}
