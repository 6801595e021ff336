//! The stack-config language as a whole: print → parse is identity, and no text makes the parser panic.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may")]

use proptest::prelude::*;
use stack_test::stack_config::{
    APIS, Config, DISTROS, Image, Pair, Provider, ProviderKind, StackConfig, Target,
};

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_.-]{0,8}"
}

fn distro() -> impl Strategy<Value = String> {
    proptest::sample::select(DISTROS).prop_map(|distro| distro.name.to_owned())
}

fn pair() -> impl Strategy<Value = Pair> {
    let kind = proptest::option::of(proptest::sample::select(&ProviderKind::ALL[..]));
    let provider = (kind, name()).prop_map(|(kind, id)| Provider { kind, id });
    let options = proptest::collection::btree_map(name(), any::<String>(), 0..3)
        .prop_map(|options| options.into_iter().collect::<Vec<_>>());
    (proptest::sample::select(APIS), provider, options).prop_map(|(api, provider, options)| Pair {
        api: api.to_owned(),
        provider,
        options,
    })
}

/// Pairs that differ: the same one twice is refused.
fn pairs() -> impl Strategy<Value = Config> {
    proptest::collection::vec(pair(), 1..4).prop_map(|pairs| {
        let mut kept: Vec<Pair> = Vec::new();
        for pair in pairs {
            if !kept.iter().any(|other| other.api == pair.api && other.provider == pair.provider) {
                kept.push(pair);
            }
        }
        Config::Pairs(kept)
    })
}

fn config() -> impl Strategy<Value = Config> {
    prop_oneof![
        distro().prop_map(Config::Distro),
        "(\\./|/|\\.\\./)?[a-zü][a-z ü]{0,5}/[a-z]{1,5}(\\.yaml)?".prop_map(Config::Path),
        "[a-z]{1,9}\\.(yaml|yml)".prop_map(Config::Path),
        (distro(), "[a-z-]{1,9}\\.ya?ml").prop_map(|(distro, file)| Config::DistroFile { distro, file }),
        pairs(),
    ]
}

fn stack_config() -> impl Strategy<Value = StackConfig> {
    let port = || proptest::option::of(1..=u16::MAX);
    let image = prop_oneof![
        distro().prop_map(Image::Distro),
        "[a-z]{1,5}/[a-z]{1,5}(:[a-z]{1,5})?".prop_map(Image::Named),
    ];
    prop_oneof![
        (config(), port()).prop_map(|(config, port)| StackConfig::Server { config, port }),
        (image, port()).prop_map(|(image, port)| StackConfig::Docker { image, port }),
        "https?://[a-z]{1,9}(:[1-7][0-9]{3})?(/[a-z0-9]{1,4}){0,2}".prop_map(StackConfig::Url),
        config().prop_map(StackConfig::Private),
    ]
}

proptest! {
    #[test]
    fn what_is_printed_is_parsed_to_the_same(config in stack_config()) {
        let text = config.to_string();
        let parsed = StackConfig::parse("--stack-config", &text);
        prop_assert_eq!(parsed, Ok(config), "{}", text);
    }

    #[test]
    fn any_text_is_understood_or_explained(text in any::<String>()) {
        understood_or_explained(&text);
    }

    #[test]
    fn any_mixture_of_its_words_is_understood_or_explained(
        words in proptest::collection::vec(
            proptest::sample::select(&[
                "server:", "docker:", "http", "://", ":", "::", "/", ",", "=", "?", "&", "%", "%zz", "starter", "inference",
                "remote", "ollama", "8321", ".yaml", "ü", " ", "\n", "@", "api_key",
            ][..]),
            0..12,
        )
    ) {
        understood_or_explained(&words.concat());
    }
}

/// Parses `text` and draws whatever is wrong with it; what is understood prints to something of the same meaning.
fn understood_or_explained(text: &str) {
    match StackConfig::parse("--stack-config", text) {
        Ok(config) => {
            assert_eq!(StackConfig::parse("--stack-config", &config.to_string()), Ok(config));
        }
        Err(errors) => {
            assert!(!errors.is_empty(), "{text:?}");
            for error in errors {
                assert!(error.render(false).contains(&error.what), "{text:?}");
            }
        }
    }
}

#[test]
fn each_form_has_its_target() {
    let target = |text: &str| StackConfig::parse("--stack-config", text).unwrap().target();
    let starter = || Config::Distro("starter".to_owned());
    assert_eq!(target("starter"), Target::Builtin(starter()));
    assert_eq!(target("server:starter"), Target::Process { config: starter(), port: 8321 });
    assert_eq!(target("server:starter:8322"), Target::Process { config: starter(), port: 8322 });
    assert_eq!(target("http://h:1/v1"), Target::Remote { url: "http://h:1/v1".to_owned() });
    let image = Image::Distro("starter".to_owned());
    assert_eq!(target("docker:starter"), Target::Container { image, port: 8321 });
}

#[test]
fn a_wrong_string_is_drawn_with_the_part_underlined() {
    let errors = StackConfig::parse("--stack-config", "server:inferense=ollama,files=inlin::localfs:83x2")
        .unwrap_err();
    let text: String = errors.iter().map(|error| error.render(false) + "\n").collect();
    assert!(text.contains("--stack-config:1:8"), "{text}");
    assert!(text.contains("^^^^^^^^^\n"), "{text}");
    assert!(text.contains("did you mean `inference`?"), "{text}");
    assert!(text.contains("did you mean `inline::`?"), "{text}");
    assert!(text.contains("`83x2` is not a port"), "{text}");
}
