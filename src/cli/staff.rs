//! Accounts and API tokens from the command line: for the first start without a browser, and for
//! the day nobody can sign in.
use super::print;
use crate::{
    account::{
        commands::{self, Add, Admin},
        form, lists, store,
    },
    config::{Common, TokenCommand, UserCommand},
    domain::{id::AccountId, role::Role},
    error::AppError,
    platform::{
        App, secret,
        text::{Lang, say},
    },
};
use anyhow::{Context, Result, bail};
use std::io::BufRead;

pub async fn user(common: &Common, command: UserCommand) -> Result<()> {
    let app = super::open_here(common).await?;
    match command {
        UserCommand::Add {
            login,
            name,
            role,
            unit,
            password_stdin,
        } => add(&app, login, name, role, unit, password_stdin).await,
        UserCommand::List => list(&app).await,
        UserCommand::Disable { login } => {
            let id = find(&app, &login).await?;
            let done = commands::switch(&app, admin(&app), id, true).await;
            done.map_err(in_words)?;
            print(&format!("{login} is disabled"))
        }
        UserCommand::Enable { login } => {
            let id = find(&app, &login).await?;
            let done = commands::switch(&app, admin(&app), id, false).await;
            done.map_err(in_words)?;
            print(&format!("{login} is enabled"))
        }
        UserCommand::ResetPassword {
            login,
            password_stdin,
        } => reset(&app, &login, password_stdin).await,
    }
}

pub async fn token(common: &Common, command: TokenCommand) -> Result<()> {
    let app = super::open_here(common).await?;
    let TokenCommand::Add { login, label } = command;
    let label = form::name(&label).map_err(|fault| anyhow::anyhow!("--label: {fault}"))?;
    let id = find(&app, &login).await?;
    let token = commands::add_token(&app, id, label).await;
    print(&token.map_err(in_words)?)
}

fn admin(app: &App) -> Admin {
    Admin {
        office: app.settings.office,
        account: None,
        ip: "cli".into(),
    }
}

async fn find(app: &App, login: &str) -> Result<AccountId> {
    let login = login.trim().to_lowercase();
    let account = store::by_login(app.db.read(), app.settings.office, &login).await;
    let account = account.map_err(in_words)?;
    let account = account.with_context(|| format!("--login: there is no account {login}"))?;
    Ok(account.id)
}

async fn add(
    app: &App,
    login: String,
    name: String,
    role: Role,
    unit: Option<String>,
    password_stdin: bool,
) -> Result<()> {
    let login = form::login(&login).map_err(|fault| anyhow::anyhow!("--login: {fault}"))?;
    let name = form::name(&name).map_err(|fault| anyhow::anyhow!("--name: {fault}"))?;
    if role == Role::Employer {
        bail!("--role: accounts of employers are made when they register");
    }
    let unit = match unit {
        Some(code) => {
            let unit = lists::unit_by_code(app.db.read(), app.settings.office, &code).await;
            let unit = unit.map_err(in_words)?;
            let unit = unit.with_context(|| format!("--unit: there is no unit {code}"))?;
            Some(unit.id)
        }
        None => None,
    };
    let given = if password_stdin {
        Some(from_stdin(app, &login, &name)?)
    } else {
        None
    };
    let password = given.clone().unwrap_or_else(secret::one_time_password);
    let new = Add {
        login: login.clone(),
        name,
        role,
        unit,
        employer: None,
        password: password.clone(),
        must_change: given.is_none(),
    };
    commands::add(app, new).await.map_err(in_words)?;
    print(&format!("{login} is added"))?;
    if given.is_none() {
        print(&format!("One-time password: {password}"))?;
    }
    Ok(())
}

async fn list(app: &App) -> Result<()> {
    let office = app.settings.office;
    let units = lists::units(app.db.read(), office)
        .await
        .map_err(in_words)?;
    let wanted = lists::Wanted {
        limit: 1_000_000,
        ..lists::Wanted::default()
    };
    let accounts = lists::accounts(app.db.read(), office, wanted).await;
    for account in accounts.map_err(in_words)? {
        let unit = units.iter().find(|unit| Some(unit.id) == account.unit_id);
        print(&format!(
            "{:<20} {:<20} {:<14} {:<9} {}",
            account.login,
            account.role.code(),
            unit.map_or("-", |unit| unit.code.as_str()),
            if account.disabled_at.is_some() {
                "disabled"
            } else {
                "active"
            },
            account.name
        ))?;
    }
    Ok(())
}

async fn reset(app: &App, login: &str, password_stdin: bool) -> Result<()> {
    let id = find(app, login).await?;
    if password_stdin {
        let account = lists::account(app.db.read(), app.settings.office, id).await;
        let account = account.map_err(in_words)?;
        let password = from_stdin(app, &account.login, &account.name)?;
        let done = commands::set_password(app, admin(app), id, password, false).await;
        done.map_err(in_words)?;
        return print(&format!("{login} has a new password"));
    }
    let password = commands::reset_password(app, admin(app), id).await;
    print(&format!(
        "One-time password: {}",
        password.map_err(in_words)?
    ))
}

/// The first line of the standard input, checked like any password.
fn from_stdin(app: &App, login: &str, name: &str) -> Result<String> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("--password-stdin")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    commands::check_password(app, &password, login, name).map_err(|error| {
        let words = error.field_errors().first().map(|fault| {
            let key = format!("field_fault.{}", fault.code);
            say(Lang::En, &key, &fault.params)
        });
        anyhow::anyhow!("--password-stdin: {}", words.unwrap_or_default())
    })?;
    Ok(password)
}

/// A refusal in English: the command line has no other language.
fn in_words(error: AppError) -> anyhow::Error {
    match crate::platform::page::refusal(Lang::En, error) {
        Ok(words) => anyhow::anyhow!(words),
        Err(AppError::Internal(cause)) => cause,
        Err(error) => anyhow::anyhow!("{error}"),
    }
}
