using System.Diagnostics;
using Gatehouse.Functions.Startup;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>The line of the banner that sets variables in a shell.</summary>
public sealed class ShellVariablesTests
{
    [Theory]
    [InlineData("http://127.0.0.1:7071")]
    [InlineData("http://[::1]:7071")]
    [InlineData("organization:8d0f3a5f")]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("it's")]
    [InlineData("$HOME `id` \\ \" * ~ & ; #")]
    [InlineData("ü")]
    public async Task A_value_reaches_the_shell_as_it_is(string value)
    {
        var line = ShellVariables.Export([("FIRST", value), ("SECOND", "2")]);
        using var shell = Process.Start(
            new ProcessStartInfo("sh", ["-c", $"{line}; printf '%s|%s' \"$FIRST\" \"$SECOND\""]) { RedirectStandardOutput = true })!;

        Assert.Equal($"{value}|2", await shell.StandardOutput.ReadToEndAsync());
    }

    [Fact]
    public void A_value_is_not_quoted_without_need() =>
        Assert.Equal("export A=http://127.0.0.1:7071 B=user:0f", ShellVariables.Export([("A", "http://127.0.0.1:7071"), ("B", "user:0f")]));

    [Theory]
    [InlineData("http://*:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://+:8080/", "http://127.0.0.1:8080/")]
    [InlineData("http://0.0.0.0:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://[::]:8080", "http://127.0.0.1:8080/")]
    [InlineData("HTTP://[::1]:8080", "http://[::1]:8080/")]
    [InlineData("http://localhost", "http://localhost/")]
    [InlineData(" http://10.0.0.1:80 ", "http://10.0.0.1/")]
    [InlineData("https://*", "https://127.0.0.1/")]
    public void An_address_is_called_where_this_machine_reaches_it(string address, string called) =>
        Assert.Equal(called, ListenAddress.OnThisMachine(address)!.ToString());

    [Theory]
    [InlineData("7071")]
    [InlineData("")]
    [InlineData("http://")]
    [InlineData("http://a b")]
    [InlineData("ftp://127.0.0.1")]
    public void A_text_that_is_no_address_is_none(string address) => Assert.Null(ListenAddress.OnThisMachine(address));
}
